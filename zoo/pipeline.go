package zoo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/train"
)

// PipelineStep is a run of the pipeline: pre-training or a stage of post-training.
type PipelineStep struct {
	Name   string // name of its directory
	From   string // name of its parent; "": none, pre-training
	Info   StageInfo
	Values map[string]any // training settings
}

// Pipeline lists the runs that turn a model that continues text into an assistant: after SFT it
// branches to DPO, to a reward model with PPO (Ouyang et al. 2022), and to reinforcement learning
// with the checker.
func Pipeline(scale PipelineScale) []PipelineStep {
	rl := func(algorithm, reward string) *RLInfo {
		return &RLInfo{RLOptions: align.DefaultRL(algorithm), Reward: reward}
	}
	ppo, gold := rl(align.PPO, "reward"), rl(align.GRPO, WorldReward)
	ppo.KL, ppo.StopKL = .3, 1.5
	ppo.Max, gold.Max = 40, 40
	all := []PipelineStep{
		{Name: "base"},
		{Name: "sft", From: "base", Info: StageInfo{Kind: StageSFT, Rehearse: .375}},
		{Name: "dpo", From: "sft", Info: StageInfo{Kind: StageDPO, Rehearse: .5,
			DPO: &align.DPOOptions{Beta: .3, NLL: 1}}},
		{Name: "reward", From: "sft", Info: StageInfo{Kind: StageReward, Held: .1, Center: .001}},
		{Name: "ppo", From: "sft", Info: StageInfo{Kind: StageRL, Rehearse: .5, RL: ppo},
			Values: map[string]any{"lr": 5e-5, "min_lr": 5e-6}},
		{Name: "rl", From: "sft", Info: StageInfo{Kind: StageRL, Rehearse: .5, RL: gold}},
	}
	for i := range all {
		all[i].Info.Data = TalkName
		all[i].rescale(scale)
	}
	return all
}

// PipelineScale is the amount of computation of a pipeline.
type PipelineScale string

// The scales of a pipeline.
const (
	PipelineFull  PipelineScale = "full"
	PipelineQuick PipelineScale = "quick" // a third of the steps
	PipelineTiny  PipelineScale = "tiny"  // a model and stages that train in seconds, for tests
)

// PipelineScales lists the scales.
func PipelineScales() []PipelineScale {
	return []PipelineScale{PipelineFull, PipelineQuick, PipelineTiny}
}

// quickSteps holds the steps of each run at quick scale.
var quickSteps = map[string]int{
	"base": 1300, "sft": 800, "dpo": 250, "reward": 250, "ppo": 60, "rl": 60,
}

// rescale sets the steps of a run at a scale.
func (s *PipelineStep) rescale(scale PipelineScale) {
	if scale != PipelineQuick && scale != PipelineTiny {
		return
	}
	values := map[string]any{"steps": quickSteps[s.Name]}
	if scale == PipelineTiny {
		values["steps"], s.Info.Examples = 4, 100
		if rl := s.Info.RL; rl != nil {
			rl.Prompts, rl.Samples = 4, 2
		}
	}
	maps.Copy(values, s.Values)
	s.Values = values
}

// PipelineOptions holds the settings of a pipeline.
type PipelineOptions struct {
	Dir     string
	Seed    uint64 // random seed of the world, the data and the weights
	Threads int
	Command []string
	Scale   PipelineScale
	Rollout func(align.Report)
}

// Step makes the run of a step, resumes it, or opens it if it is complete. done reports whether it
// was already complete.
func (cat Catalogue) Step(
	ctx context.Context, s PipelineStep, o PipelineOptions, obs ...train.Observer,
) (r *Run, done bool, err error) {
	dir := filepath.Join(o.Dir, s.Name)
	order, done, err := cat.stepOrder(ctx, s, o, dir)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", dir, err)
	}
	if done {
		r, err = cat.Open(dir)
		return r, true, err
	}
	order.Rollout, order.Threads = o.Rollout, o.Threads
	r, err = Make(ctx, order, obs...)
	return r, false, err
}

// stepOrder returns the order of a step, new or resumed, or done if its run is complete.
func (cat Catalogue) stepOrder(
	ctx context.Context, s PipelineStep, o PipelineOptions, dir string,
) (order Order, done bool, err error) {
	file, err := Holds(dir)
	if err == nil && file == "" {
		order, err = cat.newStep(ctx, s, o)
		order.Dir = dir
		return order, false, err
	}
	c, err := ReadConfig(dir)
	if err != nil {
		return Order{}, false, err
	}
	if c.Seed != o.Seed || c.Data.Seed != o.Seed {
		return Order{}, false, Misuse{fmt.Errorf("it holds a run of seed %d; want seed %d: choose "+
			"another --out", c.Seed, o.Seed)}
	}
	if c.Parent != nil {
		if _, err := cat.origin(*c.Parent); err != nil {
			return Order{}, false, fmt.Errorf("%w; remove the directory, or choose "+
				"another --out", err)
		}
	}
	if c.Result != nil {
		return Order{}, true, nil
	}
	order, err = cat.Resume(ctx, dir, nil, nil)
	return order, false, err
}

// newStep returns the order of a step that has no run yet.
func (cat Catalogue) newStep(
	ctx context.Context, s PipelineStep, o PipelineOptions,
) (Order, error) {
	if s.From == "" {
		return cat.preTraining(ctx, s, o)
	}
	parent, err := cat.Open(filepath.Join(o.Dir, s.From))
	if err != nil {
		return Order{}, err
	}
	info := s.Info
	info.Seed = o.Seed
	if info.RL != nil {
		rl := *info.RL
		rl.Seed, rl.Rehearse = o.Seed, info.Rehearse
		if rl.Reward != WorldReward {
			if rl.Reward, err = filepath.Abs(filepath.Join(o.Dir, rl.Reward)); err != nil {
				return Order{}, err
			}
		}
		info.RL = &rl
	}
	order, err := cat.StageOrder(ctx, parent, info, s.Values, Input{})
	order.Seed, order.Command = o.Seed, o.Command
	return order, err
}

// baseValues holds the settings of the model and of its pre-training.
var baseValues = map[string]any{
	"n_embd": 96, "n_layer": 3, "n_head": 3, "n_positions": 64, "smear": true,
	"initializer_range": .1,
	"batch":             16, "context": 128, "steps": 3800,
	"lr": 5e-3, "min_lr": 2.5e-4, "warmup": 50,
	"optimizer": train.Muon, "beta2": .98, "weight_decay": .01, "schedule": "cosine",
	"eval_every": "0", "save_every": "25%",
}

// preTraining returns the order of the first step.
func (cat Catalogue) preTraining(
	ctx context.Context, s PipelineStep, o PipelineOptions,
) (Order, error) {
	species, err := cat.Find("gpt")
	if err != nil {
		return Order{}, err
	}
	values := maps.Clone(baseValues)
	data := Data{Corpus: TalkName, Seed: o.Seed}
	if o.Scale == PipelineTiny {
		maps.Copy(values, map[string]any{"n_embd": 16, "n_layer": 1, "n_head": 1})
		data.Tokens = 150_000
	}
	maps.Copy(values, s.Values)
	settings, err := species.Settings("tiny")
	if err != nil {
		return Order{}, err
	}
	if err := settings.Set(values); err != nil {
		return Order{}, err
	}
	split, err := data.Load(ctx, Input{Tokenizer: "word"})
	if err != nil {
		return Order{}, err
	}
	tok, err := corpus.Train("word", split.Train, 0)
	return Order{Species: species, Size: "tiny", Settings: settings, Data: data, Split: split,
		Tokenizer: tok, Seed: o.Seed, Command: o.Command}, err
}

// CheckPipeline returns an error unless dir does not exist, is empty, or holds only runs of a
// pipeline.
func CheckPipeline(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return Misuse{fmt.Errorf("%s is a file; want a directory for the runs: choose another "+
			"--out", dir)}
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range Pipeline(PipelineFull) {
		known[s.Name] = true
	}
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] {
			return Misuse{fmt.Errorf("%s holds %s, which is not a run of a pipeline; "+
				"choose another --out", dir, e.Name())}
		}
	}
	return nil
}
