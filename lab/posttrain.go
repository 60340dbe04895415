package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lmzoo/align"
	"lmzoo/train"
	"lmzoo/zoo"
)

// base returns a model pre-trained on the documents of world-talk with the pipeline's settings; it
// opens the run if an earlier call made it. At quick scale it trains for half of the steps.
func (env *Env) base(ctx context.Context, seed uint64, values map[string]any) (*zoo.Run, error) {
	all := map[string]any{}
	if env.Scale == Quick {
		all["steps"] = quickBaseSteps
	}
	for k, v := range values {
		all[k] = v
	}
	o, err := env.Store.catalogue.PipelineBase(ctx, seed, all)
	if err != nil {
		return nil, err
	}
	return env.Store.staged(ctx, env, o, nil)
}

const quickBaseSteps = 1200

// stage is a stage of post-training in an experiment.
type stage struct {
	info   zoo.StageInfo
	values map[string]any // training settings that differ from the pipeline's
	// rollout, if not nil, receives the report on every roll-out. It is not called if the run was
	// made earlier.
	rollout func(align.Report)
}

// pipelined returns the stage of the pipeline with a name, such as "sft".
func pipelined(name string) stage { return stage{info: zoo.PipelineInfo(name)} }

// post returns the run that a stage makes from a parent; it opens the run if an earlier call made
// it.
func (env *Env) post(
	ctx context.Context, parent *zoo.Run, s stage, seed uint64,
) (*zoo.Run, error) {
	info := s.info
	info.Seed = seed
	if info.RL != nil {
		rl := *info.RL
		rl.Seed, rl.Rehearse = seed, info.Rehearse
		info.RL = &rl
	}
	o, err := env.Store.catalogue.StageOrder(ctx, parent, info, s.values, zoo.Input{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", info.Kind, err)
	}
	o.Seed = seed
	return env.Store.staged(ctx, env, o, s.rollout)
}

// assistant returns the run of the pipeline after SFT.
func (env *Env) assistant(ctx context.Context, seed uint64) (base, sft *zoo.Run, err error) {
	if base, err = env.base(ctx, seed, nil); err == nil {
		sft, err = env.post(ctx, base, pipelined("sft"), seed)
	}
	return base, sft, err
}

// staged returns the run of an order; it opens the run if an earlier call made it. The name of its
// directory is a hash of everything that determines its weights, including its parent.
func (s *Store) staged(
	ctx context.Context, env *Env, o zoo.Order, rollout func(align.Report),
) (*zoo.Run, error) {
	print, err := orderPrint(o)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	r := s.models[print]
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	if s.Dir == "" {
		return nil, errors.New("the experiment makes runs from other runs; want a store in a " +
			"directory")
	}
	o.Dir, o.Threads, o.Rollout = filepath.Join(s.Dir, "talk-"+print), env.Threads, rollout
	if r, err = s.makeStaged(ctx, env, o); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.models[print] = r
	s.mu.Unlock()
	return r, nil
}

// makeStaged opens the run of an order if it is complete, and makes it otherwise.
func (s *Store) makeStaged(ctx context.Context, env *Env, o zoo.Order) (*zoo.Run, error) {
	switch c, err := zoo.ReadConfig(o.Dir); {
	case err == nil && c.Result != nil:
		return s.catalogue.Open(o.Dir)
	case err == nil:
		o.Overwrite = true // the run may have been interrupted
	default:
		if _, stat := os.Stat(o.Dir); !errors.Is(stat, fs.ErrNotExist) {
			o.Overwrite = true
		}
	}
	name, total := "pre-training", o.Settings.Train.Steps
	if o.Stage != nil {
		name = o.Stage.Kind
	}
	return zoo.Make(ctx, o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind == train.Stepped && e.Stats.Step%10 == 0 {
			env.say("%s, seed %d: step %d of %d, loss %.3f", name, o.Seed, e.Stats.Step, total,
				e.Stats.Loss)
		}
		return nil
	})
}

// orderPrint returns a hash of everything that determines the weights of an order.
func orderPrint(o zoo.Order) (string, error) {
	parent := ""
	if o.Origin != nil {
		var err error
		if parent, err = o.Origin.Run.Fingerprint(); err != nil {
			return "", err
		}
	}
	id, err := json.Marshal([]any{o.Species.Name, o.Settings.Model, o.Settings.Train, o.Data,
		o.Stage, o.Seed, parent})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(id)
	return hex.EncodeToString(sum[:8]), nil
}
