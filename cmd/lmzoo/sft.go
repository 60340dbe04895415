package main

import (
	"github.com/spf13/cobra"

	"lmzoo/zoo"
)

func newSFT(cat zoo.Catalogue) *cobra.Command {
	p := &posttrain{cat: cat, info: zoo.StageInfo{Kind: zoo.StageSFT}}
	c := &cobra.Command{
		Use:   "sft",
		Short: "Teach a pre-trained run to answer, with conversations (supervised fine-tuning)",
		Long: `Teach a pre-trained run to answer, with conversations (supervised fine-tuning). It is
pre-training with a mask: only the tokens that the assistant writes carry loss. They include the end
of its turn, so that the model learns to stop.

The data is a .jsonl file with one conversation per line: {"messages": [{"role", "content"}, …]}, as
OpenAI and Hugging Face write it, with the roles system, user, assistant and tool, or {"prompt",
"completion"}. Tool calls are in tool_calls, or in call: {"tool", "input"}. Other fields are
ignored. --data world-talk draws questions about the world that the run in --from was trained on
(lmzoo train gpt --corpus world-talk), with the answers of a careless annotator.

The special tokens of the chat template extend the vocabulary; config.json records the template.
Several conversations share a row, but none sees another. A share of the rows holds pre-training
text (--rehearse), so that the model does not forget it. By default, a file is read about 20 times,
in 100 to 2000 steps; few conversations get small batches.`,
		Example: `  lmzoo sft --from runs/gpt --data chat.jsonl --out runs/gpt-sft
  lmzoo chat runs/gpt-sft
  lmzoo sft --resume --out runs/gpt-sft`,
	}
	fs := c.Flags()
	fs.Float64Var(&p.info.Rehearse, "rehearse", 0.25,
		"share of rows with pre-training text (0: none)")
	fs.BoolVar(&p.info.Unmasked, "no-mask", false,
		"compute the loss on all tokens, including the user's")
	p.lora(fs)
	p.held(fs)
	return p.command(c, "conversations: a .jsonl file, or world-talk")
}
