package zoo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lmzoo/format/atomic"
	"lmzoo/train"
)

// keep returns the observers that write the run to its directory while it is being made: the weights whenever
// they are better than ever before, the checkpoint to go on from, and the metrics.
func (r *Run) keep(tr *train.Trainer, resume bool) (obs []train.Observer, closeFiles func(), err error) {
	path := filepath.Join(r.Dir, MetricsFile)
	if resume {
		if err := tr.Resume(filepath.Join(r.Dir, CheckpointFile), r.facts()); err != nil {
			return nil, nil, err
		}
		if err := cutMetrics(path, tr.Stats().Step); err != nil {
			return nil, nil, err
		}
	} else {
		for _, old := range []string{path, filepath.Join(r.Dir, CheckpointFile), train.PreviousPath(filepath.Join(r.Dir, CheckpointFile)), filepath.Join(r.Dir, WeightsFile), filepath.Join(r.Dir, CountsFile)} {
			if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, nil, fmt.Errorf("cannot replace the run that was there: %w", err)
			}
		}
	}
	metrics, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot keep the metrics: %w", err)
	}
	return []train.Observer{
		train.SaveBest(filepath.Join(r.Dir, WeightsFile), r.metadata()),
		train.Checkpoint(filepath.Join(r.Dir, CheckpointFile), r.facts()),
		train.Metrics(metrics),
	}, func() { metrics.Close() }, nil
}

// facts are what a checkpoint must agree on with the run that goes on from it.
func (r *Run) facts() map[string]string {
	return map[string]string{
		"species": r.Config.Species, "model": string(r.Config.Model), "data": r.Config.Data.SHA256, "tokenizer": r.Config.Tokenizer.SHA256,
	}
}

// cutMetrics drops the lines after a step: what a killed run did after its last checkpoint is done again.
func cutMetrics(path string, step int) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return atomic.WriteFile(path, func(w io.Writer) error {
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			var at struct{ Step int }
			if json.Unmarshal(lines.Bytes(), &at) != nil || at.Step > step {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s\n", lines.Bytes()); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}
