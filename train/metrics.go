package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"lmzoo/format/atomic"
)

// Metrics writes one JSON object per line: the Stats of every step and, after a validation, also
// valid.
func Metrics(w io.Writer) Observer {
	enc := json.NewEncoder(w)
	type line struct {
		Stats
		Valid *float64 `json:"valid,omitempty"`
	}
	return func(_ context.Context, _ *Trainer, e Event) error {
		l := line{Stats: e.Stats}
		switch e.Kind {
		case Stepped:
		case Evaluated:
			if !finite(e.Valid) {
				return nil // JSON cannot represent such a number
			}
			l.Valid = &e.Valid
		default:
			return nil
		}
		if err := enc.Encode(l); err != nil {
			return fmt.Errorf("writing the metrics: %w", err)
		}
		return nil
	}
}

// OpenMetrics opens a file of metrics to append to. It removes the lines that a resumed run writes
// again: those of later steps, and the validation of the current step unless that counts. At step
// 0, it creates the file anew.
func (tr *Trainer) OpenMetrics(path string) (*os.File, error) {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var kept bytes.Buffer
	for line := range bytes.Lines(old) {
		var at struct {
			Step  int
			Valid *float64
		}
		if json.Unmarshal(line, &at) != nil || at.Step < 1 || at.Step > tr.stats.Step {
			continue
		}
		if at.Valid == nil || at.Step < tr.stats.Step || at.Step == tr.validated {
			kept.Write(line)
		}
	}
	write := func(w io.Writer) error { _, err := w.Write(kept.Bytes()); return err }
	if err := atomic.WriteFile(path, write); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
}
