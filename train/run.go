package train

import (
	"context"
	"errors"
	"fmt"
)

// Kind is the kind of an Event.
type Kind int

const (
	Started   Kind = iota // the run begins or resumes
	Stepped               // a step was made
	Evaluated             // the model was validated
	Saved                 // a checkpoint was written
	Ended                 // the run is over
)

// Event is an event that Observers are notified of.
type Event struct {
	Kind  Kind
	Stats Stats   // of the run so far
	Valid float64 // Evaluated: the result, in nats per token of the validation text
	Best  bool    // Evaluated: whether this is the best validation so far
	Path  string  // Saved: the path of the checkpoint
	Err   error   // Ended: why the run stopped early; nil if it completed
}

// Observer is notified of every event; observers are called in the order in which they were given
// to Run. Printing, validating and saving are observers. An error ends the run. The recommended
// order is a Keeper or SaveBest, Metrics, Validate, Checkpoint.
type Observer func(ctx context.Context, tr *Trainer, e Event) error

// Summary is the outcome of a run.
type Summary struct {
	Stats
	Valid    float64 `json:"valid"`     // best validation in nats per token; 0 if there was none
	BestStep int     `json:"best_step"` // the step of the best validation; 0 if there was none
}

// Run trains l on the batches of src with configuration c.
func Run[B Batch[B]](
	ctx context.Context, l Learner[B], src Source[B], c Config, obs ...Observer,
) (Summary, error) {
	tr, err := NewTrainer(l, src, c)
	if err != nil {
		return Summary{}, err
	}
	return tr.Run(ctx, obs...)
}

// Run makes the remaining steps. At the end the model has the averaged weights if the run averages
// them. When ctx is cancelled, it finishes the current step, notifies the
// observers, so that the run is saved, and returns an error that wraps context.Canceled.
func (tr *Trainer) Run(ctx context.Context, obs ...Observer) (Summary, error) {
	tr.observers = obs
	if err := tr.Notify(ctx, Event{Kind: Started, Stats: tr.stats}); err != nil {
		return tr.end(ctx, err)
	}
	for !tr.Done() {
		if ctx.Err() != nil {
			return tr.end(ctx, ctx.Err())
		}
		stats, err := tr.Step()
		if err == nil {
			err = tr.Notify(ctx, Event{Kind: Stepped, Stats: stats})
		}
		if err != nil {
			return tr.end(ctx, err)
		}
	}
	sum, err := tr.end(ctx, nil)
	if err == nil {
		tr.average.swap()
	}
	return sum, err
}

// Notify passes an event to all observers. An observer may call it.
func (tr *Trainer) Notify(ctx context.Context, e Event) error {
	for _, observe := range tr.observers {
		if err := observe(ctx, tr, e); err != nil {
			return err
		}
	}
	return nil
}

// end notifies every observer that the run is over, even if one of them fails.
func (tr *Trainer) end(ctx context.Context, err error) (Summary, error) {
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("stopped after step %s: %w", tr.position(), ctx.Err())
	}
	for _, observe := range tr.observers {
		if failed := observe(ctx, tr, Event{Kind: Ended, Stats: tr.stats,
			Err: err}); failed != nil && err == nil {
			err = failed
		} else if failed != nil && !errors.Is(err, failed) && err.Error() != failed.Error() {
			err = fmt.Errorf("%w; then %w", err, failed)
		}
	}
	sum := Summary{Stats: tr.stats}
	if tr.best.Step > 0 {
		sum.Valid, sum.BestStep = tr.best.Nats, tr.best.Step
	}
	return sum, err
}

// position describes the progress of the run: "120 of 2000 (3.5 s of training)".
func (tr *Trainer) position() string {
	of := ""
	if tr.config.Steps > 0 {
		of = fmt.Sprintf(" of %d", tr.config.Steps)
	}
	if tr.config.Flops > 0 {
		return fmt.Sprintf("%d (%.3g of %g operations)", tr.stats.Step, tr.stats.FLOPs,
			tr.config.Flops)
	}
	if tr.config.Budget > 0 {
		return fmt.Sprintf("%d%s (%.1f s of %s)", tr.stats.Step, of, tr.stats.Seconds,
			tr.config.Budget)
	}
	return fmt.Sprintf("%d%s (%.1f s of training)", tr.stats.Step, of, tr.stats.Seconds)
}
