package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"lmzoo/format/safetensors"
)

// A checkpoint is a safetensors file with everything that a run needs to continue with the same
// bits: the weights (model.NAME), AdamW's moments (exp_avg.NAME and exp_avg_sq.NAME, as in torch)
// or Muon's (momentum_buffer.NAME), the averaged weights (average.NAME) if there are any,
// the carried memory of every piece (carry.PIECE.I), and, in the metadata, the state of the run. It
// needs no state of a random generator, because batches and dropout are functions of seed and step.
//
// The two newest checkpoints are kept. A run that is killed loses the steps since the newest
// checkpoint; if the disk damages that one, the previous one is left.

// standing is the state of the run in the metadata of a checkpoint.
type standing struct {
	Stats     Stats           `json:"stats"`
	Best      *Best           `json:"best,omitempty"`
	Validated int             `json:"judged"`
	At        float64         `json:"judged_at,omitempty"` // progress at the last validation
	Batches   int             `json:"batches,omitempty"`   // taken so far
	Averaged  int             `json:"averaged,omitempty"`  // steps in the average
	Carry     []int           `json:"carry"`               // how many slices every piece remembers
	Config    json.RawMessage `json:"config"`
}

const (
	standingKey = "training"
	factPrefix  = "run." // before the caller's facts
)

// PreviousPath returns the path of the checkpoint that precedes the one at path.
func PreviousPath(path string) string {
	return strings.TrimSuffix(path, ".safetensors") + ".previous.safetensors"
}

// Save writes a checkpoint. facts describe the run, such as the hash of its data: Resume refuses a
// checkpoint with other facts.
func (tr *Trainer) Save(path string, facts map[string]string) error {
	for _, p := range tr.params {
		for _, x := range p.Data {
			if !finite(float64(x)) {
				return fmt.Errorf("%w: parameter %s is not finite after step %d; the "+
					"previous checkpoint is kept", ErrDiverged, p.Name, tr.stats.Step)
			}
		}
	}
	at := standing{Stats: tr.stats, Validated: tr.validated, At: tr.validatedAt,
		Batches: tr.batches, Averaged: tr.average.count()}
	if tr.best.Step > 0 {
		at.Best = &tr.best
	}
	tensors := tr.tensors()
	for i, memory := range tr.engine.Carry() {
		at.Carry = append(at.Carry, len(memory))
		for j, c := range memory {
			tensors = append(tensors, safetensors.Tensor{Name: carryName(i, j),
				Shape: []int{len(c)}, Data: c})
		}
	}
	var err error
	if at.Config, err = json.Marshal(tr.config); err != nil {
		return err
	}
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	metadata := map[string]string{standingKey: string(text)}
	for k, v := range facts {
		metadata[factPrefix+k] = v
	}
	return save(path, PreviousPath(path), metadata, tensors)
}

// tensors returns the tensors of a checkpoint whose shapes follow from the model.
func (tr *Trainer) tensors() []safetensors.Tensor {
	return append(append(tensorsOf("model.", tr.params), tr.engine.State()...),
		tr.average.tensors()...)
}

func carryName(piece, i int) string { return fmt.Sprintf("carry.%d.%d", piece, i) }

// Resume restores the state of the run that saved the checkpoint at path or, if there is none, the
// previous checkpoint. Every following step has the same bits as if the run had not stopped. Model,
// facts and configuration must be the same, except for the fields in mayChange. After an error, the
// Trainer is unchanged.
func (tr *Trainer) Resume(path string, facts map[string]string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(PreviousPath(path)); err == nil {
			// the process was killed between two renames, on a file system without hard links
			path = PreviousPath(path)
		}
	}
	err := load(path, func(f *safetensors.File) error { return tr.restore(f, facts) })
	if err == nil {
		return nil
	}
	if _, missing := os.Stat(PreviousPath(path)); missing == nil {
		err = fmt.Errorf("%w (the previous checkpoint is %s; copy it to resume from there)", err,
			PreviousPath(path))
	}
	return fmt.Errorf("cannot resume: %w", err)
}

func (tr *Trainer) restore(f *safetensors.File, facts map[string]string) error {
	text, ok := f.Metadata[standingKey]
	if _, sealed := f.Metadata[checksumKey]; !ok || !sealed {
		return fmt.Errorf("this is not a checkpoint; want metadata named %s and %s", standingKey,
			checksumKey)
	}
	var at standing
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return fmt.Errorf("metadata %s: %w", standingKey, err)
	}
	if err := sameFacts(f.Metadata, facts); err != nil {
		return err
	}
	if err := sameConfig(at.Config, tr.config); err != nil {
		return err
	}
	carry, err := readCarry(f, at.Carry, len(tr.engine.Carry()))
	if err != nil {
		return err
	}
	tensors := tr.tensors()
	if err := nothingElse(f, tensors); err != nil {
		return err
	}
	if err := fill(f, tensors); err != nil {
		return err
	}
	tr.engine.SetCarry(carry)
	tr.stats, tr.validated, tr.pace = at.Stats, at.Validated, 0
	if tr.batches = at.Batches; tr.batches == 0 { // an older checkpoint
		tr.batches = at.Stats.Step * tr.config.Accumulate
	}
	if tr.average != nil {
		tr.average.n = at.Averaged
	}
	tr.validatedAt = min(at.At, tr.Progress()) // smaller if the run is now longer
	tr.best = Best{Nats: math.Inf(1)}
	if at.Best != nil {
		tr.best = *at.Best
	}
	return nil
}

// readCarry reads the memory of every piece, nil for a piece without memory.
func readCarry(f *safetensors.File, counts []int, pieces int) ([][][]float32, error) {
	if len(counts) != pieces {
		return nil, fmt.Errorf("it has the memory of %d pieces; want %d", len(counts), pieces)
	}
	carry := make([][][]float32, pieces)
	for i, n := range counts {
		for j := 0; j < n; j++ {
			c, err := f.Float32(carryName(i, j))
			if err != nil {
				return nil, err
			}
			carry[i] = append(carry[i], c)
		}
	}
	return carry, nil
}

// nothingElse refuses a checkpoint with a parameter that the model does not have.
func nothingElse(f *safetensors.File, expected []safetensors.Tensor) error {
	known := map[string]bool{}
	for _, t := range expected {
		known[t.Name] = true
	}
	for _, t := range f.Tensors {
		if !known[t.Name] && !strings.HasPrefix(t.Name, "carry.") {
			return fmt.Errorf("parameter %s is unknown; want a checkpoint of this model",
				t.Name)
		}
	}
	return nil
}

// sameFacts compares the facts of the checkpoint with those of the run.
func sameFacts(metadata, facts map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(facts)) {
		if saved, ok := metadata[factPrefix+k]; !ok || saved != facts[k] {
			return fmt.Errorf("%s was %s when the checkpoint was saved; now it is %s", k,
				strconv.Quote(saved), strconv.Quote(facts[k]))
		}
	}
	return nil
}

// mayChange lists the fields that may change when a run is resumed: its length, the size of its
// steps, how often it validates and saves, and its threads.
var mayChange = []string{"steps", "budget", "flops", "lr", "min_lr", "warmup",
	"schedule", "decay_share", "clip", "eval_every", "save_every", "threads"}

// sameConfig compares the configuration of the checkpoint with that of the run, field by field.
func sameConfig(saved json.RawMessage, c Config) error {
	now, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var a, b map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(saved, &a), json.Unmarshal(now, &b)); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	for _, field := range slices.Sorted(maps.Keys(b)) {
		if !slices.Contains(mayChange, field) && string(a[field]) != string(b[field]) {
			return fmt.Errorf("%s was %s when the checkpoint was saved; now it is %s", field,
				a[field], b[field])
		}
	}
	return nil
}

// Checkpoint saves the run at path at the interval save_every, and when the run ends unless it
// diverged. It notifies the observers with Saved.
func Checkpoint(path string, facts map[string]string) Observer {
	var turn clock
	last := -1
	return func(ctx context.Context, tr *Trainer, e Event) error {
		due := turn.due(tr.config.SaveEvery, e, tr.Progress()) ||
			e.Kind == Ended && !errors.Is(e.Err, ErrDiverged)
		if !due || e.Stats.Step == last {
			return nil
		}
		if err := tr.Save(path, facts); err != nil {
			return err
		}
		last = e.Stats.Step
		return tr.Notify(ctx, Event{Kind: Saved, Stats: tr.stats, Path: path})
	}
}

// The metadata that SaveBest adds: the step of the validation and its result in nats per token.
const (
	StepKey  = "step"
	ValidKey = "valid"
)

// SaveBest writes the parameters to path whenever a validation is the best so far. It must precede
// the other observers, so that neither the metrics nor a checkpoint refer to a best model that was
// not written. metadata may be nil.
func SaveBest(path string, metadata map[string]string) Observer {
	return func(ctx context.Context, tr *Trainer, e Event) error {
		if e.Kind != Evaluated || !e.Best {
			return nil
		}
		m := map[string]string{
			StepKey:  strconv.Itoa(e.Stats.Step),
			ValidKey: strconv.FormatFloat(e.Valid, 'g', -1, 64),
		}
		maps.Copy(m, metadata)
		return SaveParams(path, tr.engine.Model(), m)
	}
}

// ReadBest takes the best validation so far from the file that SaveBest wrote: after a kill it may
// be newer than the checkpoint, and a lost file must be written again. If the file is missing or
// damaged, or does not match metadata, there is no best validation and the error states the reason.
func (tr *Trainer) ReadBest(path string, metadata map[string]string) error {
	tr.best = Best{Nats: math.Inf(1)}
	err := load(path, func(f *safetensors.File) error {
		for _, k := range slices.Sorted(maps.Keys(metadata)) {
			if saved, ok := f.Metadata[k]; ok && saved != metadata[k] {
				return fmt.Errorf("%s is %q; want %q, because the file belongs to another run", k,
					saved,
					metadata[k])
			}
		}
		step, err := strconv.Atoi(f.Metadata[StepKey])
		nats, err2 := strconv.ParseFloat(f.Metadata[ValidKey], 64)
		if err = errors.Join(err, err2); err == nil {
			tr.best = Best{Nats: nats, Step: step}
		}
		return err
	})
	if err != nil {
		tr.validated, tr.validatedAt = 0, 0
	}
	return err
}
