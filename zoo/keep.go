package zoo

import (
	"fmt"
	"path/filepath"

	"lmzoo/train"
)

// keep returns the observers that write the run to its directory while it is being made: the metrics, the weights
// whenever validate finds them better than ever before, and the checkpoint to go on from. The metrics come first: a
// step that is in a checkpoint is in them too, even if the run is stopped while it is validated or saved.
func (r *Run) keep(tr *train.Trainer, resume bool, validate ...train.Observer) (obs []train.Observer, closeFiles func(), err error) {
	checkpoint := filepath.Join(r.Dir, CheckpointFile)
	if resume {
		if err := tr.Resume(checkpoint, r.facts()); err != nil {
			return nil, nil, err
		}
		if err := r.writeConfig(); err != nil { // with the settings that changed, and without an outcome
			return nil, nil, err
		}
	}
	metrics, err := train.OpenMetrics(filepath.Join(r.Dir, MetricsFile), tr.Stats().Step)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot keep the metrics: %w", err)
	}
	obs = []train.Observer{train.Metrics(metrics), train.SaveBest(filepath.Join(r.Dir, WeightsFile), r.metadata())}
	return append(append(obs, validate...), train.Checkpoint(checkpoint, r.facts())), func() { metrics.Close() }, nil
}

// facts are what a checkpoint must agree on with the run that goes on from it.
func (r *Run) facts() map[string]string {
	return map[string]string{
		"species": r.Config.Species, "model": string(r.Config.Model), "data": r.Config.Data.SHA256, "tokenizer": r.Config.Tokenizer.SHA256,
	}
}
