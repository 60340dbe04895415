package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// piece is a token in the output of lmzoo tokenize.
type piece struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

func newTokenize() *cobra.Command {
	var (
		asJSON bool
		steps  bool
		merges int
	)
	c := &cobra.Command{
		Use:   "tokenize RUN",
		Short: "Print the tokens of the text on standard input",
		Long: `Print the tokens of the text on standard input.

For a run with byte pairs (--tokenizer bpe), --merges prints the first pairs that it learned to
join, in order, and --steps shows how the text becomes tokens, pair by pair. ␣ stands for a space.`,
		Example: `  echo "once there lived" | lmzoo tokenize runs/compare/gpt
  printf lowest | lmzoo tokenize runs/bpe --steps`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			tok, err := zoo.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			switch {
			case merges < 0:
				return usagef("--merges is %d; want at least 1", merges)
			case asJSON && (steps || merges > 0) || steps && merges > 0:
				return usagef("--json, --merges and --steps exclude each other; want one of them")
			}
			if merges > 0 {
				return printMerges(c.OutOrStdout(), tok, merges)
			}
			data, err := io.ReadAll(c.InOrStdin())
			if err != nil {
				return fmt.Errorf("reading standard input: %w", err)
			}
			if steps {
				return printSteps(c.OutOrStdout(), tok, string(data))
			}
			pieces := cut(tok, string(data))
			if asJSON {
				return printJSON(c.OutOrStdout(), pieces)
			}
			for _, p := range pieces {
				fmt.Fprintf(c.OutOrStdout(), "%d\t%s\n", p.ID, p.Text)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the tokens as JSON")
	c.Flags().IntVar(&merges, "merges", 0, "number of learned pairs to print (0: none)")
	c.Flags().BoolVar(&steps, "steps", false, "print every step of byte-pair encoding")
	return c
}

// bytePairs returns tok as a byte-pair tokenizer, or an error if it is of another kind.
func bytePairs(tok corpus.Tokenizer) (*corpus.BPE, error) {
	if b, ok := tok.(*corpus.BPE); ok {
		return b, nil
	}
	return nil, usagef("the tokenizer is %s; want bpe, as after: lmzoo train … --tokenizer bpe",
		tok.Name())
}

// printMerges prints the first n pairs that tok has learned.
func printMerges(w io.Writer, tok corpus.Tokenizer, n int) error {
	b, err := bytePairs(tok)
	if err != nil {
		return err
	}
	learned := b.Merges()
	for i, m := range learned[:min(n, len(learned))] {
		id := lm.Token(b.Vocab() - len(learned) + i)
		fmt.Fprintf(w, "%d\t%s + %s\t→ %s\n", id, spaced(b, m[0]), spaced(b, m[1]), spaced(b, id))
	}
	return nil
}

// printSteps prints the steps by which the pieces of a text become tokens.
func printSteps(w io.Writer, tok corpus.Tokenizer, text string) error {
	b, err := bytePairs(tok)
	if err != nil {
		return err
	}
	for _, piece := range b.Steps(text) {
		for i, step := range piece {
			line := ""
			for _, t := range step.Tokens {
				line += spaced(b, t) + " "
			}
			if i > 0 {
				line = pad(line, stepWidth) + spaced(b, step.Merge[0]) + " + " +
					spaced(b, step.Merge[1])
			}
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
	return nil
}

const stepWidth = 64 // columns before the merge of a step

// spaced returns the text of a token with its spaces visible.
func spaced(tok corpus.Tokenizer, t lm.Token) string {
	return strings.ReplaceAll(tok.Text(t), " ", "␣")
}

func cut(tok corpus.Tokenizer, s string) []piece {
	pieces := []piece{}
	for _, t := range tok.Encode(nil, s) {
		pieces = append(pieces, piece{t, tok.Text(t)})
	}
	return pieces
}

// pad fills s with spaces to a width in terminal columns, or cuts it.
func pad(s string, width int) string {
	if w := text.StringWidthWithoutEscSequences(s); w > width {
		return text.Snip(s, width, "…")
	} else {
		return s + strings.Repeat(" ", width-w)
	}
}
