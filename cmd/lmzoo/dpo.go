package main

import (
	"github.com/spf13/cobra"

	"lmzoo/align"
	"lmzoo/zoo"
)

func newDPO(cat zoo.Catalogue) *cobra.Command {
	p := &posttrain{cat: cat, info: zoo.StageInfo{Kind: zoo.StageDPO, DPO: &align.DPOOptions{}}}
	c := &cobra.Command{
		Use:   "dpo",
		Short: "Learn from preferences without a reward model (direct preference optimization)",
		Long: `Learn from preferences without a reward model (direct preference optimization;
Rafailov et al. 2023): the chosen answer of each pair becomes likelier than the rejected one,
compared with the run in --from.

` + preferenceData + `

The loss depends only on the difference of two answers, so both may become unlikely. Two anchors
prevent this: --nll adds the loss of the chosen answer, and --rehearse the loss on pre-training
text.`,
		Example: `  lmzoo dpo --from runs/gpt-sft --data preferences.jsonl --out runs/gpt-dpo
  lmzoo chat runs/gpt-dpo`,
	}
	fs := c.Flags()
	fs.Float64Var(&p.info.DPO.Beta, "beta", 0.5, "strength of the pull towards the run in --from")
	fs.Float64Var(&p.info.DPO.NLL, "nll", 0.3, "weight of −ln P of the chosen answer (0: none)")
	fs.Float64Var(&p.info.Rehearse, "rehearse", 0.5,
		"weight of the loss on pre-training text (0: none)")
	p.lora(fs)
	p.held(fs)
	return p.command(c, "preferences: a .jsonl file, or world-talk")
}
