package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/align"
	"lmzoo/zoo"
)

func newRL(cat zoo.Catalogue) *cobra.Command {
	p := &posttrain{cat: cat, info: zoo.StageInfo{Kind: zoo.StageRL, RL: &zoo.RLInfo{}}}
	c := &cobra.Command{
		Use:   "rl",
		Short: "Learn from rewards for answers (reinforcement learning: REINFORCE, PPO, GRPO)",
		Long: `Learn from rewards for answers (reinforcement learning). The run in --from answers
the prompts of the data several times; answers with a higher reward than the others become likelier.

The data is a .jsonl file with one prompt per line: {"prompt": …}, a text or a list of messages, or
{"messages": …}, whose last answer is left out. The reward is

  world          the exact checker of world-talk, the usual reward for --data world-talk
  RUN            a run of lmzoo reward with the same tokenizer
  cmd:PROGRAM    a program of yours, without a shell. It is started once. For every answer it reads
                 a line {"prompt": …, "answer": …, "complete": …, "messages": […]} and writes a line
                 {"reward": NUMBER}. The run is reproducible only if the
                 program's rewards are.

"messages" holds the whole conversation with the calls of the answer and their results, and
"complete" is false if the answer was cut. --tools sets the tools that the answers may call, as in
lmzoo chat: calculator, lookup, lookup=FILE or NAME=COMMAND. A prompt without a system message gets
one that lists them. The results of tools carry no loss. Calls of different answers may run at the
same time, so the result of a program must depend only on its input.

A policy that moves far from the run in --from finds answers that score high although people would
not prefer them: --kl pulls it back, and --stop-kl ends the run. The algorithms are reinforce
(Williams 1992), ppo (Schulman et al. 2017) and grpo (Shao et al. 2024).`,
		Example: `  lmzoo rl --from runs/gpt-sft --data chat.jsonl --reward runs/gpt-reward
  lmzoo rl --from runs/gpt-sft --data chat.jsonl --reward "cmd:./reward --strict" --algorithm ppo
  lmzoo rl --from runs/gpt-sft --data sums.jsonl --reward cmd:./check --tools calculator`,
	}
	fs := c.Flags()
	rl := &rlFlags{values: align.DefaultRL(align.GRPO), fs: fs}
	rl.add(c, p.info.RL)
	fs.Float64Var(&p.info.Rehearse, "rehearse", 0.5,
		"weight of the loss on pre-training text (0: none)")
	p.lora(fs)
	p.before = func() error { return rl.set(p) }
	return p.command(c, "prompts: a .jsonl file, or world-talk")
}

// talkAnswer is the usual maximum number of tokens of an answer about world-talk.
const talkAnswer = 40

// rlFlags holds the flags of reinforcement learning.
type rlFlags struct {
	fs     *pflag.FlagSet
	values align.RLOptions
	tools  []string
}

// add adds the flags. Their defaults depend on the algorithm.
func (f *rlFlags) add(c *cobra.Command, info *zoo.RLInfo) {
	fs, v := f.fs, &f.values
	fs.StringVar(&info.Reward, "reward", "", "reward: world, a run of lmzoo reward, or cmd:PROGRAM")
	fs.StringVar(&v.Algorithm, "algorithm", v.Algorithm, "reinforce, ppo or grpo")
	fs.IntVar(&v.Prompts, "prompts", v.Prompts, "number of prompts per roll-out")
	fs.IntVar(&v.Samples, "samples", v.Samples, "number of answers to each prompt")
	fs.IntVar(&v.Max, "tokens", v.Max, "maximum number of tokens per answer")
	fs.IntVar(&v.Inner, "inner", v.Inner, "number of updates with the answers of one roll-out")
	fs.Float64Var(&v.Clip, "clip-ratio", v.Clip,
		"maximum relative change of a probability per roll-out (ppo, grpo)")
	fs.Float64Var(&v.KL, "kl", v.KL, "weight of the KL divergence to the run in --from")
	fs.Float64Var(&v.StopKL, "stop-kl", v.StopKL,
		"KL divergence that ends the run, in nats per answer (0: never)")
	fs.StringVar(&v.Normalise, "normalise", v.Normalise,
		"scope of the standard deviation that divides advantages: group, batch or none")
	fs.StringArrayVar(&f.tools, "tools", nil, "tools that the answers may call: "+
		"calculator, lookup, lookup=FILE, NAME=COMMAND")
	complete(c, "tools", func() []string { return []string{"calculator", "lookup"} })
	complete(c, "algorithm",
		func() []string { return []string{align.Reinforce, align.PPO, align.GRPO} })
	complete(c, "normalise",
		func() []string { return []string{align.GroupScale, align.BatchScale, align.NoScale} })
}

// set stores the settings in the stage: the defaults of the algorithm, and the given flags.
func (f *rlFlags) set(p *posttrain) error {
	talk := p.info.Data == zoo.TalkName
	if talk && p.info.RL.Reward == "" {
		p.info.RL.Reward = zoo.WorldReward
	}
	if !p.resume && p.info.RL.Reward == "" {
		return usagef("reinforcement learning needs a reward; add --reward RUN, or --reward " +
			"cmd:PROGRAM")
	}
	o := align.DefaultRL(f.values.Algorithm)
	if talk {
		o.Max = talkAnswer
	}
	v := f.values
	for name, copied := range map[string]func(){
		"prompts": func() { o.Prompts = v.Prompts }, "samples": func() { o.Samples = v.Samples },
		"tokens": func() { o.Max = v.Max }, "inner": func() { o.Inner = v.Inner },
		"clip-ratio": func() { o.Clip = v.Clip }, "kl": func() { o.KL = v.KL },
		"stop-kl":   func() { o.StopKL = v.StopKL },
		"normalise": func() { o.Normalise = v.Normalise },
	} {
		if f.fs.Changed(name) {
			copied()
		}
	}
	o.Seed, o.Rehearse = p.run.seed, p.info.Rehearse
	if err := o.Check(); err != nil && !p.resume { // a resumed run may have another algorithm
		return usageError{err}
	}
	p.info.RL.RLOptions = o
	var err error
	if p.info.RL.Tools, err = zoo.ParseTools(f.tools); err != nil {
		return err
	}
	r := p.info.RL.Reward
	if r != "" && !strings.HasPrefix(r, zoo.ProgramReward) && r != zoo.WorldReward {
		dir, err := filepath.Abs(r)
		if err != nil {
			return err
		}
		p.info.RL.Reward = dir
	}
	return nil
}

// rollout displays the reward, KL divergence and entropy of a roll-out in place of the loss, which
// carries little information.
func (p *progress) rollout(t *track) func(align.Report) {
	return func(r align.Report) {
		p.change(t, func(t *track) {
			t.rollout = fmt.Sprintf("reward %.3f  KL %.2f  entropy %.2f", r.Reward, r.KL, r.Entropy)
			t.losses.add(r.Reward)
		})
	}
}
