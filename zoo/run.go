package zoo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/format/atomic"
	"lmzoo/nn"
	"lmzoo/prompt"
	"lmzoo/train"
)

// The files of a run directory.
const (
	ConfigFile     = "config.json"
	TokenizerFile  = "tokenizer.json"
	WeightsFile    = "model.safetensors" // a neural model's weights with the best validation
	CountsFile     = "model.ngram"       // an n-gram model
	MetricsFile    = "metrics.jsonl"
	CheckpointFile = "checkpoint.safetensors"
)

var previousCheckpoint = train.PreviousPath(CheckpointFile)

const formatVersion = 1

// Config is the content of config.json: everything that determined the run.
type Config struct {
	Format    int             `json:"lmzoo_run"` // version of this file
	Species   string          `json:"species"`
	Size      string          `json:"size,omitempty"`
	Model     json.RawMessage `json:"model"`
	Train     *train.Config   `json:"train,omitempty"`
	Data      Data            `json:"data"`
	Tokenizer TokenizerInfo   `json:"tokenizer"`
	Seed      uint64          `json:"seed"`
	Command   []string        `json:"command,omitempty"`
	Parent    *Parent         `json:"parent,omitempty"` // nil: trained from random weights
	Task      *TaskInfo       `json:"task,omitempty"`   // nil: not fine-tuned
	Stage     *StageInfo      `json:"stage,omitempty"`  // nil: not post-trained
	// Chat is the template of conversations; nil: the model has not learned to answer.
	Chat   *prompt.Template `json:"chat,omitempty"`
	Result *Outcome         `json:"result,omitempty"` // nil while training
}

// TokenizerInfo identifies the tokenizer of a run.
type TokenizerInfo struct {
	Name   string `json:"name"`
	Vocab  int    `json:"vocab"`
	SHA256 string `json:"sha256"` // hash of tokenizer.json
}

// Outcome holds the results of a training run.
type Outcome struct {
	Params  int     `json:"params"`
	Tokens  int     `json:"tokens"` // training targets
	Steps   int     `json:"steps,omitempty"`
	Seconds float64 `json:"seconds"`
	Threads int     `json:"threads,omitempty"`
	Valid   float64 `json:"valid,omitempty"` // best validation; see Species.ValidationUnit

	Sources []SourceOutcome `json:"sources,omitempty"` // sources of a mixture
	Pairs   []align.Tally   `json:"pairs,omitempty"`   // accuracy of a reward model on held-out pairs
	BestOf  []BestOf        `json:"best_of,omitempty"` // gold rewards of a reward model's choices
	Rollout *align.Report   `json:"rollout,omitempty"` // last roll-out of reinforcement learning
}

// SourceOutcome holds the number of times that a source of a mixture was read.
type SourceOutcome struct {
	Corpus string  `json:"corpus"`
	Epochs float64 `json:"epochs"`
}

// Run is a trained model and everything that belongs to it.
type Run struct {
	Dir       string
	Config    Config
	Species   *Species
	Tokenizer corpus.Tokenizer
	Model     any       // see LM, Filler, Encoder and Embedder
	Settings  *Settings // settings of the model; nil for a mixture in memory
	Notes     []string  // notes for the user, such as why a discount was replaced

	catalogue Catalogue // opens the parts of a mixture
}

// Params returns the number of parameters: weights, or n-grams with their probabilities.
func (r *Run) Params() int { return params(r.Model) }

func params(m any) int {
	if m := counts(m); m != nil {
		return m.Params()
	}
	if m, ok := m.(interface{ Params() int }); ok {
		return m.Params()
	}
	if v := reflect.ValueOf(m); v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return 0
	}
	return nn.Count(m)
}

// Size returns the size of the model's file in bytes, or 0 for a run without a file.
func (r *Run) Size() int {
	for _, path := range []string{locate(r.Dir, r.Config.weightsFile()), locate(r.Dir, CountsFile),
		r.Dir} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && r.Dir != "" {
			return int(info.Size())
		}
	}
	return 0
}

// Fingerprint returns a hash of the model and its tokenizer, which ties a compressed file to the
// model that wrote it.
func (r *Run) Fingerprint() (string, error) {
	h := sha256.New()
	if r.Config.isAdapter() { // the model also depends on the parent's weights
		io.WriteString(h, r.Config.Parent.Fingerprint) // writing to a hash does not fail
	}
	for _, name := range []string{TokenizerFile, r.Config.weightsFile(), CountsFile} {
		f, err := os.Open(locate(r.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
	}
	if r.Species.Name == mixName {
		if err := r.hashMix(h); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeConfig writes config.json.
func (r *Run) writeConfig() error {
	data, err := json.MarshalIndent(r.Config, "", "  ")
	if err != nil {
		return err
	}
	return atomic.WriteFile(filepath.Join(r.Dir, ConfigFile), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// tokenizerInfo returns the TokenizerInfo of tok.
func tokenizerInfo(tok corpus.Tokenizer) (TokenizerInfo, error) {
	data, err := corpus.MarshalTokenizer(tok)
	if err != nil {
		return TokenizerInfo{}, err
	}
	sum := sha256.Sum256(data)
	return TokenizerInfo{tok.Name(), tok.Vocab(), hex.EncodeToString(sum[:])}, nil
}

// ReadConfig reads the config.json of a run directory.
func ReadConfig(dir string) (Config, error) {
	var c Config
	path := locate(dir, ConfigFile)
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return c, fmt.Errorf("%s is a file, not a run directory; want a directory that lmzoo "+
			"train made, or an ARPA file", dir)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s is not a run directory (no %s); create one with: lmzoo train "+
			"NAME --out %s", dir, ConfigFile, dir)
	}
	if err != nil {
		return c, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err = dec.Decode(&c)
	if err == nil && dec.More() {
		err = errors.New("trailing data after the JSON object")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file is truncated")
	}
	if err != nil {
		return c, fmt.Errorf("cannot read %s: %w; restore it, or train again with --overwrite",
			path, err)
	}
	var compact bytes.Buffer // without indentation
	if err := json.Compact(&compact, c.Model); err != nil {
		return c, fmt.Errorf("%s: model: %w", path, err)
	}
	c.Model = compact.Bytes()
	if c.Format != formatVersion {
		return c, fmt.Errorf("%s has format version %d; want %d; train again with --overwrite",
			path, c.Format, formatVersion)
	}
	return c, nil
}

// Open opens an ARPA file, or a run directory that holds a model, even if its training has not
// ended.
func (cat Catalogue) Open(dir string) (*Run, error) { return cat.open(dir, nil) }

// open is like Open, for a run that is part of the given mixtures.
func (cat Catalogue) open(dir string, mixtures []os.FileInfo) (*Run, error) {
	if IsARPA(dir) || isFile(dir) {
		return openARPA(dir)
	}
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Config: c, catalogue: cat}
	if r.Species, err = cat.speciesOf(c); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ConfigFile), err)
	}
	if err := r.readTokenizer(); err != nil {
		return nil, err
	}
	if r.Settings, err = r.settings(); err != nil {
		return nil, err
	}
	switch {
	case r.Species.Name == mixName:
		return r, r.openMix(r.Settings, mixtures)
	case r.Species.IsNeural():
		return r, r.openWeights(r.Settings)
	}
	return r, r.openCounts(r.Settings)
}

// speciesOf returns the species of a run, which may be a mixture.
func (cat Catalogue) speciesOf(c Config) (*Species, error) {
	if c.Species == mixName {
		return mixedSpecies(), nil
	}
	s, err := cat.Find(c.Species)
	if err == nil && c.Task != nil {
		s = tuned(s, c.Task, nil)
	}
	if err == nil && c.Stage != nil {
		if err := c.checkStage(); err != nil {
			return nil, err
		}
		s = staged(s, c)
	}
	return s, err
}

// OpenTokenizer reads the tokenizer of a run without its model.
func OpenTokenizer(dir string) (corpus.Tokenizer, error) {
	if IsARPA(dir) || isFile(dir) {
		r, err := openARPA(dir)
		if err != nil {
			return nil, err
		}
		return r.Tokenizer, nil
	}
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Config: c}
	err = r.readTokenizer()
	return r.Tokenizer, err
}

func (r *Run) readTokenizer() error {
	path := locate(r.Dir, TokenizerFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read the tokenizer: %w; restore it, or train again with "+
			"--overwrite", err)
	}
	if r.Tokenizer, err = corpus.LoadTokenizer(data); err != nil {
		return fmt.Errorf("%s: %w", r.Dir, err) // the error names the file
	}
	if info, err := tokenizerInfo(r.Tokenizer); err != nil || info != r.Config.Tokenizer {
		return fmt.Errorf("%s is not the tokenizer that the run was made with; restore it, or "+
			"train again with --overwrite", path)
	}
	return nil
}

// settings returns the settings that the run was made with.
func (r *Run) settings() (*Settings, error) {
	s, err := r.Species.Settings(r.Config.Size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	dec := json.NewDecoder(bytes.NewReader(r.Config.Model))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s.Model); err != nil {
		return nil, fmt.Errorf("%s: model: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	s.Train = r.Config.Train
	return s, nil
}

func (r *Run) openWeights(s *Settings) error {
	if r.Config.isAdapter() {
		return r.openAdapter(s)
	}
	path := locate(r.Dir, WeightsFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		verb := "train " + r.Config.Species
		if i := r.Config.Stage; i != nil {
			verb = i.Kind
		}
		return fmt.Errorf("%s has no %s yet: its training stopped before the first validation; "+
			"resume it with: lmzoo %s --resume --out %s", r.Dir, WeightsFile, verb, r.Dir)
	}
	metadata, err := train.ReadMetadata(path)
	if err == nil {
		err = r.checkWeights(path, metadata)
	}
	if err == nil {
		err = r.checkSize(path, s)
	}
	if err != nil {
		return err
	}
	m, err := r.Species.Learning.New(s.Model, r.Tokenizer, rand.New(rand.NewPCG(r.Config.Seed, 0)))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	if _, err := train.LoadParams(path, m); err != nil {
		return err
	}
	r.Model = m
	return nil
}

func (r *Run) openCounts(s *Settings) error {
	path := locate(r.Dir, CountsFile)
	m, err := r.Species.Counting.Open(s.Model, r.Tokenizer, path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no %s; restore it, or train again with --overwrite", r.Dir,
			CountsFile)
	}
	if err != nil {
		return err
	}
	r.Model = m
	return r.checkCounts(path)
}
