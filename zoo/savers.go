package zoo

import (
	"fmt"
	"path/filepath"

	"lmzoo/train"
)

// savers returns the observers that write to the run directory during training: the best weights,
// the metrics, and the checkpoint. The checkpoint comes last, so that the other files contain
// everything that it refers to, even if the run is stopped during a validation or a save.
func (r *Run) savers(
	tr *train.Trainer, resume bool, validate ...train.Observer,
) (obs []train.Observer, closeFiles func(), err error) {
	checkpoint, weights := filepath.Join(r.Dir, CheckpointFile),
		filepath.Join(r.Dir, r.Config.weightsFile())
	if resume {
		if err := tr.Resume(checkpoint, r.facts()); err != nil {
			return nil, nil, err
		}
		validated := tr.Best().Step > 0
		if err := tr.ReadBest(weights, r.metadata()); err != nil && validated {
			r.Notes = append(r.Notes, fmt.Sprintf("the best weights so far are lost: %v; the "+
				"next validation writes new ones", err))
		}
		// config.json gets the changed settings and no outcome
		if err := r.writeConfig(); err != nil {
			return nil, nil, err
		}
	}
	metrics, err := tr.OpenMetrics(filepath.Join(r.Dir, MetricsFile))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the metrics: %w", err)
	}
	obs = []train.Observer{train.SaveBest(weights, r.metadata()), train.Metrics(metrics)}
	obs = append(append(obs, validate...), train.Checkpoint(checkpoint, r.facts()))
	return obs, func() { metrics.Close() }, nil
}

// facts returns the values that a checkpoint must share with the run that resumes from it.
func (r *Run) facts() map[string]string {
	facts := map[string]string{
		"species": r.Config.Species, "model": string(r.Config.Model), "data": r.Config.Data.SHA256,
		"tokenizer": r.Config.Tokenizer.SHA256,
	}
	if p := r.Config.Parent; p != nil {
		facts["parent"] = p.Fingerprint
	}
	if i := r.Config.Stage; i != nil {
		facts["stage"] = i.hash()
	}
	return facts
}
