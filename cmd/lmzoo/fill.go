package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/lm"
	"lmzoo/task"
	"lmzoo/zoo"
)

// filling is one candidate for the gap, as --json prints it.
type filling struct {
	Text    string  `json:"text"`
	LogProb float64 `json:"log_prob"` // nats
	P       float64 `json:"p"`
}

// fillings holds the candidates of one run, most probable first.
type fillings struct {
	Run   string    `json:"run"`
	Fills []filling `json:"fills"`
}

func newFill(cat zoo.Catalogue) *cobra.Command {
	var (
		text, candidates string
		top              int
		asJSON           bool
	)
	c := &cobra.Command{
		Use:   "fill RUN...",
		Short: "Predict the word in the gap of a text, for several runs side by side",
		Long: `Predict the missing word of a text, whose position [MASK] marks, for several runs
side by side. BERT and ELMo see both sides of the gap; a causal model scores the whole text with
each candidate. The text is read as a whole document.

With --candidates, whole words are ranked, whatever the tokenizer, and p is a word's share of
their total probability. Without it, the gap is one token of the run's tokenizer, and p is its
probability among all tokens.

Only this command gives [MASK] a meaning; elsewhere it is ordinary text.`,
		Example: `  lmzoo fill runs/bert runs/gpt --text "the [MASK] of the sea"
  lmzoo fill runs/gpt --text "the [MASK] of the sea" --candidates king,lady,bottom`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if top < 1 {
				return usagef("--top is %d; want at least 1", top)
			}
			cloze, err := task.ParseCloze(text)
			if err != nil {
				return usagef("--text: %w", err)
			}
			var words []string
			if c.Flags().Changed("candidates") {
				words = strings.Split(candidates, ",")
			}
			var all []fillings
			runs, err := openAll(cat, runsIn(cat, args))
			if err != nil {
				return err
			}
			if runs, err = able(c.ErrOrStderr(), runs, lacksGap); err != nil {
				return err
			}
			for _, r := range runs {
				f, err := fillGap(r, cloze, words, top)
				if err != nil {
					return fmt.Errorf("%s: %w", r.Dir, err)
				}
				all = append(all, fillings{r.Dir, f})
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), all)
			}
			fmt.Fprint(c.OutOrStdout(), fillTable(all, top))
			return nil
		},
	}
	c.Flags().StringVar(&text, "text", "", "text with one [MASK] in place of the gap")
	c.Flags().StringVar(&candidates, "candidates", "",
		"words to choose from, separated by commas (default: all tokens)")
	c.Flags().IntVar(&top, "top", 10, "number of words per run")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	_ = c.MarkFlagRequired("text") // fails only for a flag that does not exist
	return c
}

// fillGap returns the most probable words of a run for the gap, at most top of them.
func fillGap(r *zoo.Run, cloze task.Cloze, words []string, top int) ([]filling, error) {
	f, err := r.Filler()
	if err != nil {
		return nil, err
	}
	var got []task.Filling
	if len(words) == 0 {
		got, err = cloze.Top(f, r.Tokenizer, top)
	} else {
		var m any = f
		if causal, ok := r.Model.(lm.Model); ok {
			m = causal
		}
		got, err = cloze.Rank(m, r.Tokenizer, words)
	}
	if err != nil {
		return nil, err
	}
	out := []filling{}
	for _, x := range got[:min(top, len(got))] {
		out = append(out, filling{x.Text, x.LogProb, x.P})
	}
	return out, nil
}

// fillTable prints the words in the layout of lmzoo next.
func fillTable(all []fillings, top int) string {
	columns := make([]predictions, len(all))
	for i, f := range all {
		columns[i].Run = f.Run
		for _, x := range f.Fills {
			columns[i].Next = append(columns[i].Next, prediction{Text: x.Text, P: x.P})
		}
	}
	return sideBySide(columns, top)
}
