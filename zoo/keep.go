package zoo

import (
	"fmt"
	"path/filepath"

	"lmzoo/train"
)

// keep returns the observers that write the run to its directory during the training: the weights whenever
// validate finds the best ones so far, the metrics, and the checkpoint to resume from. The checkpoint is last: what it
// says is in the other files too, even if the run is stopped while it is validated or saved.
func (r *Run) keep(tr *train.Trainer, resume bool, validate ...train.Observer) (obs []train.Observer, closeFiles func(), err error) {
	checkpoint, weights := filepath.Join(r.Dir, CheckpointFile), filepath.Join(r.Dir, WeightsFile)
	if resume {
		if err := tr.Resume(checkpoint, r.facts()); err != nil {
			return nil, nil, err
		}
		validated := tr.Best().Step > 0
		if err := tr.ReadBest(weights, r.metadata()); err != nil && validated {
			r.Notes = append(r.Notes, fmt.Sprintf("the best weights so far are lost: %v; the next validation writes new ones", err))
		}
		if err := r.writeConfig(); err != nil { // with the settings that changed, and without an outcome
			return nil, nil, err
		}
	}
	metrics, err := tr.OpenMetrics(filepath.Join(r.Dir, MetricsFile))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the metrics: %w", err)
	}
	obs = []train.Observer{train.SaveBest(weights, r.metadata()), train.Metrics(metrics)}
	return append(append(obs, validate...), train.Checkpoint(checkpoint, r.facts())), func() { metrics.Close() }, nil
}

// facts are what a checkpoint must agree on with the run that goes on from it.
func (r *Run) facts() map[string]string {
	facts := map[string]string{
		"species": r.Config.Species, "model": string(r.Config.Model), "data": r.Config.Data.SHA256, "tokenizer": r.Config.Tokenizer.SHA256,
	}
	if p := r.Config.Parent; p != nil {
		facts["parent"] = p.Fingerprint
	}
	return facts
}
