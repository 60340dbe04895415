package zoo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"lmzoo/train"
)

// identityKey is the key of a run's identity in the metadata of its weights.
const identityKey = "lmzoo.run"

// identity is a hash of the settings that a model depends on. It is also written into the model's
// file, so that an edited configuration or the model of another run is detected. Settings that may
// change when a run is resumed, or that change no bit of the model, are left out.
func (c Config) identity() string {
	type text struct{ SHA256, ValidSHA256, TestSHA256, Documents, Split string }
	d := c.Data
	var fixed *train.Config
	if c.Train != nil {
		fixed = new(train.Config)
		*fixed = *c.Train
		fixed.Steps, fixed.Budget, fixed.Flops = 0, 0, 0
		fixed.LR, fixed.MinLR, fixed.Warmup, fixed.Clip = 0, 0, 0, 0
		fixed.Schedule, fixed.DecayShare = "", 0
		fixed.EvalEvery, fixed.SaveEvery, fixed.Threads = train.Every{}, train.Every{}, 0
	}
	var model map[string]any // a map, so that its keys are marshalled in order
	if json.Unmarshal(c.Model, &model) == nil {
		delete(model, "memory")
	}
	parts := []any{
		c.Species, model, fixed, text{d.SHA256, d.ValidSHA256, d.TestSHA256, d.Documents, d.Split},
		d.Shuffle, c.Tokenizer, c.Seed,
	}
	if p := c.Parent; p != nil {
		parts = append(parts, p.Fingerprint, p.Stage, p.Prefix, p.Frozen)
	}
	if c.Stage != nil {
		parts = append(parts, c.Stage.hash(), c.Chat)
	}
	data, err := json.Marshal(parts)
	if err != nil {
		return "" // this never happens for a Config
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// foreign returns the error for a model's file and a config.json that belong to different runs.
func (r *Run) foreign(path string) error {
	return fmt.Errorf("%s does not belong to %s: one of them was edited or belongs to another "+
		"run; "+
		"restore it, or train again with --overwrite", path, ConfigFile)
}

// checkWeights compares the metadata of the weights with config.json. A file without such metadata
// was written by another tool.
func (r *Run) checkWeights(path string, metadata map[string]string) error {
	for key, want := range r.metadata() {
		if got, ok := metadata[key]; ok && key != "format" && got != want {
			return r.foreign(path)
		}
	}
	result, valid := r.Config.Result, metadata[train.ValidKey]
	if result == nil || result.Valid == 0 || valid == "" {
		return nil
	}
	if valid != strconv.FormatFloat(result.Valid, 'g', -1, 64) {
		return r.foreign(path)
	}
	return nil
}

// checkSize refuses weights that are too small for the parameters of the configuration before the
// parameters are allocated. Otherwise a file of 1 kB could claim 1 GB of memory.
func (r *Run) checkSize(path string, s *Settings) error {
	const half = 2 // bytes of a 16-bit number
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if shape, ok := s.shape(r.Tokenizer.Vocab()); ok && shape.Params*half > float64(info.Size()) {
		return fmt.Errorf("%s has %d bytes; want at least %.0f for the %.0f parameters of %s: "+
			"one of them was edited; restore it, or train again with --overwrite",
			path, info.Size(), shape.Params*half, shape.Params, ConfigFile)
	}
	return nil
}

// checkCounts compares the header of an n-gram model with config.json.
func (r *Run) checkCounts(path string) error {
	m := counts(r.Model)
	if m == nil {
		return nil
	}
	var c struct {
		Order     int
		Smoothing string
	}
	if err := json.Unmarshal(r.Config.Model, &c); err != nil {
		return err
	}
	edited := c.Order != 0 && c.Order != m.Order || c.Smoothing != "" && c.Smoothing != m.Smoothing
	if edited || m.Run != "" && m.Run != r.Config.identity() {
		return r.foreign(path)
	}
	return nil
}
