package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/zoo"
)

// prediction is one of the likeliest next tokens.
type prediction struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`

	// Right marks the only token that may come next, according to the source.
	Right bool `json:"right,omitempty"`
}

// predictions holds the likeliest next tokens of one run.
type predictions struct {
	Run  string       `json:"run"`
	Next []prediction `json:"next"`
	// Impossible is the reason why the source predicts nothing after the prompt.
	Impossible string `json:"impossible,omitempty"`
}

func newNext(cat zoo.Catalogue) *cobra.Command {
	var (
		prompt string
		top    int
		asJSON bool
		opt    = sample.Default
	)
	c := &cobra.Command{
		Use:   "next RUN...",
		Short: "Print the likeliest next tokens of several runs side by side",
		Long: `Print the likeliest next tokens of several runs side by side. <bos> is the
document boundary; when predicted, it ends the document. A directory of runs stands for all of its
runs that have a next-token distribution. For runs trained on the world, the last column is the
truth, the distribution that the text is drawn from. If only one token is possible, ✓ marks it.

The flags of sampling change the distributions of the runs as lmzoo generate does. Tokens that can
no longer be drawn are not printed.`,
		Example: `  lmzoo next runs/compare/ngram runs/compare/gpt --prompt "once there lived"
  lmzoo next runs/compare/gpt --prompt "once" --temperature 0.5 --top-p 0.9`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if top < 1 {
				return usagef("--top is %d; want at least 1", top)
			}
			if _, err := opt.Warps(); err != nil {
				return usageError{err}
			}
			runs, err := openAll(cat, runsIn(cat, args))
			if err != nil {
				return err
			}
			if runs, err = able(c.ErrOrStderr(), runs, lacksNext); err != nil {
				return err
			}
			var all []predictions
			for _, r := range runs {
				m, err := r.LM()
				if err != nil {
					return err
				}
				next, err := predict(after(m, r.Tokenizer, prompt), r.Tokenizer, opt, top)
				if err != nil {
					return fmt.Errorf("%s: %w", r.Dir, err)
				}
				all = append(all, predictions{Run: r.Dir, Next: next})
			}
			if t, err := truth(runs, prompt, top); err != nil {
				return err
			} else if t != nil {
				all = markRight(append(all, *t))
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), all)
			}
			fmt.Fprint(c.OutOrStdout(), sideBySide(all, top))
			if last := all[len(all)-1]; last.Impossible != "" {
				fmt.Fprintf(c.ErrOrStderr(), "note: %s: %s\n", last.Run, last.Impossible)
			}
			return nil
		},
	}
	c.Flags().StringVar(&prompt, "prompt", "", "text so far (empty: the beginning of a document)")
	c.Flags().IntVar(&top, "top", 10, "number of tokens per run")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	samplingFlags(c.Flags(), &opt)
	return c
}

// predict returns the top likeliest next tokens after the warps of opt.
func predict(
	state lm.State, tok corpus.Tokenizer, opt sample.Options, top int,
) ([]prediction, error) {
	logProbs := state.NextLogProbs(nil)
	if err := lm.CheckLogProbs(logProbs); err != nil {
		return nil, err
	}
	if opt != sample.Default {
		warps, err := opt.Warps()
		if err != nil {
			return nil, err
		}
		if err := sample.Apply(logProbs, warps...); err != nil {
			return nil, err
		}
	}
	ids := make([]lm.Token, len(logProbs))
	for i := range ids {
		ids[i] = lm.Token(i)
	}
	slices.SortStableFunc(ids,
		func(a, b lm.Token) int { return cmp.Compare(logProbs[b], logProbs[a]) })
	var out []prediction
	for _, id := range ids[:min(top, len(ids))] {
		if opt != sample.Default && math.IsInf(logProbs[id], -1) {
			break
		}
		out = append(out, prediction{ID: id, Text: tok.Text(id), P: math.Exp(logProbs[id])})
	}
	return out, nil
}

// truth returns the exact predictions of the source of the runs' corpus, as an additional column,
// or nil if no run has a source.
func truth(runs []*zoo.Run, prompt string, top int) (*predictions, error) {
	for _, r := range runs {
		source := r.Config.Data.Source(r.Tokenizer)
		if source == nil {
			continue
		}
		column := &predictions{Run: "the truth", Next: []prediction{}}
		tokens := r.Tokenizer.Encode(nil, prompt)
		if err := source.Possible(tokens); err != nil {
			column.Impossible = err.Error()
			return column, nil
		}
		state := source.Start()
		for _, t := range tokens {
			state.Push(t)
		}
		next, err := predict(state, r.Tokenizer, sample.Default, top)
		column.Next = slices.DeleteFunc(next, func(p prediction) bool { return p.P == 0 })
		return column, err
	}
	return nil, nil
}

// markRight marks the right answer in all columns if the source, in the last column, leaves no
// choice.
func markRight(all []predictions) []predictions {
	answer := all[len(all)-1].Next
	if len(answer) != 1 {
		return all
	}
	for _, column := range all {
		for i := range column.Next {
			column.Next[i].Right = column.Next[i].Text == answer[0].Text
		}
	}
	return all
}

const (
	barWidth  = 10 // characters of a bar of probability 1
	textWidth = 12
)

// sideBySide arranges predictions in columns, each token with its probability and a bar.
func sideBySide(all []predictions, top int) string {
	var b strings.Builder
	column := textWidth + 1 + len("100.0%") + 1 + barWidth
	for _, p := range all {
		fmt.Fprintf(&b, "%s  ", pad(p.Run, column))
	}
	b.WriteByte('\n')
	longest := 0
	for _, p := range all {
		longest = max(longest, len(p.Next))
	}
	for i := range min(top, longest) {
		line := ""
		for _, p := range all {
			cell := ""
			if i < len(p.Next) {
				n := p.Next[i]
				text := n.Text
				if n.Right {
					text += " ✓"
				}
				cell = fmt.Sprintf("%s %5.1f%% %s", pad(text, textWidth), 100*n.P, bar(n.P))
			}
			line += pad(cell, column) + "  "
		}
		if line = strings.TrimRight(line, " "); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// bar draws a probability in eighths of a character.
func bar(p float64) string {
	eighths := int(math.Round(p * barWidth * 8))
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}
