package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"

	"lmzoo/align"
	"lmzoo/lm"
	"lmzoo/train"
)

// LoRAInfo describes the low-rank adapter of a run (Hu et al. 2021). The run holds only the
// adapter, with PEFT's names; it is opened through its parent.
type LoRAInfo struct {
	Rank  int     `json:"r"`
	Alpha float64 `json:"lora_alpha"`
	// Vocab is the number of tokens of the parent. The embeddings of further tokens are trained in
	// full.
	Vocab int `json:"parent_vocab"`
}

// adapt returns the adapter to train in place of a policy, or the policy if the stage has none.
func (s *postTraining) adapt(policy align.Policy, seed uint64) (align.Policy, error) {
	i := s.info.LoRA
	if i == nil {
		return policy, nil
	}
	o := align.LoRAOptions{Rank: i.Rank, Alpha: i.Alpha}
	for t := i.Vocab; t < policy.Vocab(); t++ {
		o.Tokens = append(o.Tokens, lm.Token(t))
	}
	l, err := align.NewLoRA(policy, o, rand.New(rand.NewPCG(seed, loraStream)))
	if err != nil {
		return nil, Misuse{err}
	}
	return l, nil
}

// loraStream is the random stream that initialises a new adapter.
const loraStream = 2

// current returns a model with the current weights. It merges an adapter once, so that generation
// need not merge it at every step.
func current(m lm.Model) lm.Model {
	if l, ok := m.(*align.LoRA); ok {
		return l.Merge()
	}
	return m
}

// isAdapter reports whether the run holds only an adapter.
func (c Config) isAdapter() bool { return c.Stage != nil && c.Stage.LoRA != nil }

// weightsFile returns the name of the file with the weights of a neural run.
func (c Config) weightsFile() string {
	if c.isAdapter() {
		return align.AdapterFile
	}
	return WeightsFile
}

// saveAdapter writes the adapter and its configuration.
func (r *Run) saveAdapter(l *align.LoRA) error {
	if err := l.Save(r.Dir, r.Config.Parent.Dir); err != nil {
		return err
	}
	path := filepath.Join(r.Dir, align.AdapterFile)
	metadata, err := train.ReadMetadata(path)
	if err != nil {
		return err
	}
	maps.Copy(metadata, r.metadata())
	return train.SaveParams(path, l, metadata)
}

// openAdapter loads the weights of the parent and applies the adapter to them.
func (r *Run) openAdapter(s *Settings) error {
	for _, name := range []string{align.AdapterFile, align.AdapterConfigFile} {
		if _, err := os.Stat(locate(r.Dir, name)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s has no %s yet: its training has not ended; resume it with: "+
				"lmzoo %s --resume --out %s", r.Dir, name, r.Config.Stage.Kind, r.Dir)
		}
	}
	path := locate(r.Dir, align.AdapterFile)
	metadata, err := train.ReadMetadata(path)
	if err == nil {
		err = r.checkWeights(path, metadata)
	}
	if err != nil {
		return err
	}
	origin, err := r.catalogue.origin(*r.Config.Parent)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", r.Dir, err)
	}
	m, err := r.Species.Learning.New(s.Model, r.Tokenizer,
		rand.New(rand.NewPCG(r.Config.Seed, 0)))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	if _, err := origin.inherit(m, r.Tokenizer); err != nil {
		return err
	}
	policy, ok := m.(align.Policy)
	if !ok {
		return fmt.Errorf("%s: %s has no adapters; want a transformer", r.Dir, r.Config.Species)
	}
	l, err := align.LoadLoRA(r.Dir, policy)
	if err != nil {
		return err
	}
	r.Model = l.Merge()
	return nil
}

// weights returns the path of a file with the weights of the run. For an adapter it is a temporary
// file with the merged weights, and remove deletes it.
func (r *Run) weights() (path string, remove func(), err error) {
	if !r.Config.isAdapter() {
		return locate(r.Dir, WeightsFile), func() {}, nil
	}
	dir, err := os.MkdirTemp("", "lmzoo-merged-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, WeightsFile)
	return path, func() { os.RemoveAll(dir) }, train.SaveParams(path, r.Model, nil)
}

// Merge writes to dir a run in which the adapter is merged into the weights. The new run opens
// without its parent.
func (r *Run) Merge(dir string, overwrite bool) error {
	if !r.Config.isAdapter() {
		return Misuse{fmt.Errorf("%s holds no adapter: its weights are in %s already; want a run "+
			"made with --lora-rank", r.Dir, WeightsFile)}
	}
	lock, err := Acquire(dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := r.excludes(dir); err != nil {
		return err
	}
	if !overwrite {
		if err := CheckVacant(dir, "replace it with --overwrite, or choose another "+
			"--out"); err != nil {
			return err
		}
	}
	twin := *r
	stage := *r.Config.Stage
	stage.LoRA = nil
	twin.Dir, twin.Config.Stage = dir, &stage
	if err := twin.create(nil); err != nil {
		return err
	}
	return train.SaveParams(filepath.Join(dir, WeightsFile), r.Model, twin.metadata())
}
