package main

import (
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
	"lmzoo/zoo"
)

func newExplain(cat zoo.Catalogue) *cobra.Command {
	var (
		prompt, token string
		asJSON        bool
	)
	c := &cobra.Command{
		Use:   "explain RUN [--prompt TEXT] [--token W]",
		Short: "Derive one probability of an n-gram model, order by order, in words and numbers",
		Long: `Derive one probability of an n-gram model, order by order, in words and numbers.
<bos> is the document boundary: in a history it is the beginning of the document, as the token to
explain it is the end.`,
		Example: `  lmzoo explain runs/compare/ngram --prompt "once there" --token lived
  lmzoo explain runs/compare/ngram --prompt "once there"        the most probable token`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := cat.Open(args[0])
			if err != nil {
				return err
			}
			m, ok := r.Model.(*ngram.Model)
			if !ok {
				return usagef("%s is a %s; want an n-gram model; inspect other models "+
					"with: lmzoo play %s", args[0], r.Title(), args[0])
			}
			context := r.Tokenizer.Encode(nil, prompt)
			id, err := tokenAfter(r.Tokenizer, m, prompt, context, token,
				c.Flags().Changed("token"))
			if err != nil {
				return err
			}
			e, err := m.Explain(context, id)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), e)
			}
			return e.Write(c.OutOrStdout(), r.Tokenizer.Text)
		},
	}
	fs := c.Flags()
	fs.StringVar(&prompt, "prompt", "", "text so far (default: the beginning of a document)")
	fs.StringVar(&token, "token", "", "text of the token to explain (default: the most probable)")
	fs.BoolVar(&asJSON, "json", false, "print the derivation as JSON")
	return c
}

// tokenAfter returns the token of a text after a prompt. A word may be given with or without the
// space before it; <bos> is the end of the document.
func tokenAfter(tok corpus.Tokenizer, m *ngram.Model, prompt string, context []lm.Token,
	text string, given bool) (lm.Token, error) {
	if !given {
		return m.Top(context, 1)[0].Token, nil
	}
	if text == tok.Text(lm.BOS) {
		return lm.BOS, nil
	}
	spellings := []string{text, " " + text}
	if prompt != "" && corpus.TraitsOf(tok).Words {
		spellings = []string{" " + text, text}
	}
	for _, s := range spellings {
		if ids := tok.Encode(nil, s); len(ids) == 1 {
			return ids[0], nil
		}
	}
	return 0, usagef("%q is not a single token of this run; see its tokens with: lmzoo tokenize",
		text)
}
