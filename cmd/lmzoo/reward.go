package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/align"
	"lmzoo/zoo"
)

// preferenceData describes the data of lmzoo reward and dpo.
const preferenceData = `The data is a .jsonl file with one preference per line: {"prompt",
"chosen", "rejected"}, each a text or a list of messages {"role", "content"}, as in data sets for
TRL. The answers may repeat the prompt. Other fields are ignored, except "kind", a text that groups
the results. By default, a file is read about 20 times, in 100 to 2000 steps. --data world-talk
draws pairs about the world of the pre-training text and lets the run in --from write some of them.`

func newReward(cat zoo.Catalogue) *cobra.Command {
	p := &posttrain{cat: cat, info: zoo.StageInfo{Kind: zoo.StageReward}}
	c := &cobra.Command{
		Use:   "reward",
		Short: "Train a reward model, which predicts which of two answers people prefer",
		Long: `Train a reward model, which predicts which of two answers people prefer (Bradley and
Terry 1952; Ouyang et al. 2022): a copy of the run in --from with a head that gives every answer a
number.

` + preferenceData + `

It prints the accuracy on held-out pairs. High accuracy does not make a reward model fit for lmzoo
rl: an optimiser finds answers unlike the answers of any pair, so some rejected answers should be
near misses and broken text. On world-talk, whose checker gives the gold reward, it also prints the
gold reward of the best of n answers of the run in --from, which should rise with n.`,
		Example: `  lmzoo reward --from runs/gpt-sft --data preferences.jsonl --out runs/gpt-reward
  lmzoo rl --from runs/gpt-sft --data chat.jsonl --reward runs/gpt-reward --out runs/gpt-rl`,
	}
	c.Flags().Float64Var(&p.info.Center, "center", 0.001,
		"weight of the mean square of the rewards, which keeps them near 0")
	p.held(c.Flags())
	return p.command(c, "preferences: a .jsonl file, or world-talk")
}

// printBestOf prints the gold reward of the best of n answers.
func printBestOf(w io.Writer, all []zoo.BestOf) {
	fmt.Fprintln(w)
	t := newTable(w, ">best of", ">gold reward", ">of the checker's choice", ">KL, nats")
	for _, b := range all {
		t.AppendRow(table.Row{b.N, fmt.Sprintf("%.3f", b.Gold), fmt.Sprintf("%.3f", b.Oracle),
			fmt.Sprintf("%.2f", b.KL)})
	}
	t.print()
}

// printRanks prints how a reward model ranks held-out pairs, by kind.
func printRanks(w io.Writer, all []align.Tally) {
	t := newTable(w, "pairs", ">number", ">accuracy", ">margin")
	for _, r := range all {
		kind := r.Kind
		if kind == "" {
			kind = "all held out"
		}
		t.AppendRow(table.Row{kind, r.Pairs, fmt.Sprintf("%.3f", r.Accuracy),
			fmt.Sprintf("%.3f", r.Margin)})
	}
	t.print()
}
