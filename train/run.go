package train

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what happened.
type Kind int

const (
	Started   Kind = iota // the run begins, or goes on
	Stepped               // a step was made
	Evaluated             // the model was validated
	Saved                 // a checkpoint was written
	Ended                 // the run is over, for whatever reason
)

// Event is something that happened in a run.
type Event struct {
	Kind  Kind
	Stats Stats   // where the run stands
	Valid float64 // Evaluated: nats per token of the validation text
	Best  bool    // Evaluated: better than ever before
	Path  string  // Saved: where
	Err   error   // Ended: why, if too early
}

// Observer is told of every event, in the order in which the observers were given to Run. Printing, evaluating and
// saving are observers. An error ends the run. A good order is: Metrics, a Keeper or SaveBest, Validate, Checkpoint.
type Observer func(ctx context.Context, tr *Trainer, e Event) error

// Summary is what a run came to.
type Summary struct {
	Stats
	Valid    float64 `json:"valid"`     // best validation, nats per token; 0 without one
	BestStep int     `json:"best_step"` // after which step that was; 0 without one
}

// Run trains l on the batches of src as c says, from the beginning to the end.
func Run[B Batch[B]](
	ctx context.Context, l Learner[B], src Source[B], c Config, obs ...Observer,
) (Summary, error) {
	tr, err := NewTrainer(l, src, c)
	if err != nil {
		return Summary{}, err
	}
	return tr.Run(ctx, obs...)
}

// Run makes the steps that are left. When ctx is cancelled it ends after the step being made, tells the observers, so that
// the run is saved, and returns an error that wraps context.Canceled.
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
	return tr.end(ctx, nil)
}

// Notify tells all observers of an event; an observer may do so itself.
func (tr *Trainer) Notify(ctx context.Context, e Event) error {
	for _, observe := range tr.observers {
		if err := observe(ctx, tr, e); err != nil {
			return err
		}
	}
	return nil
}

// end tells every observer that the run is over, even if one of them fails.
func (tr *Trainer) end(ctx context.Context, err error) (Summary, error) {
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("stopped after step %s: %w", tr.position(), ctx.Err())
	}
	for _, observe := range tr.observers {
		if failed := observe(ctx, tr, Event{Kind: Ended, Stats: tr.stats, Err: err}); failed != nil && err == nil {
			err = failed
		} else if failed != nil && !errors.Is(err, failed) && err.Error() != failed.Error() {
			err = fmt.Errorf("%w; and then %w", err, failed)
		}
	}
	sum := Summary{Stats: tr.stats}
	if tr.best.Step > 0 {
		sum.Valid, sum.BestStep = tr.best.Nats, tr.best.Step
	}
	return sum, err
}

// position says how far the run got: "120 of 2000 (3.5 s of training)".
func (tr *Trainer) position() string {
	of := ""
	if tr.config.Steps > 0 {
		of = fmt.Sprintf(" of %d", tr.config.Steps)
	}
	if tr.config.Budget > 0 {
		return fmt.Sprintf("%d%s (%.1f s of %s)", tr.stats.Step, of, tr.stats.Seconds, tr.config.Budget)
	}
	return fmt.Sprintf("%d%s (%.1f s of training)", tr.stats.Step, of, tr.stats.Seconds)
}
