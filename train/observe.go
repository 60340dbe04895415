package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lmzoo/lm"
	"lmzoo/nn"
)

// clock determines when an interval has passed.
type clock struct {
	last   float64 // time in seconds at the end of the last interval
	shares int     // number of whole shares at the end of the last interval
}

// due reports whether the interval has passed at an event; progress is that of the run.
func (c *clock) due(every Every, e Event, progress float64) bool {
	s := e.Stats
	shares := every.shares(progress)
	switch {
	case e.Kind == Started:
		c.last, c.shares = s.Seconds, shares
		return false
	case e.Kind != Stepped:
		return false
	case every.Share > 0 && shares > c.shares:
		c.shares = shares
		return true
	case every.Time > 0 && s.Seconds-c.last >= time.Duration(every.Time).Seconds():
		c.last = s.Seconds
		return true
	}
	return every.onStep(s.Step)
}

// onStep reports whether an interval in steps ends at this step.
func (e Every) onStep(step int) bool { return e.Steps > 0 && step > 0 && step%e.Steps == 0 }

// shares returns the number of whole shares of the run that have passed.
func (e Every) shares(progress float64) int {
	if e.Share <= 0 {
		return 0
	}
	return int(progress/e.Share + 1e-9) // because in floating point 0.3/0.1 is less than 3
}

// Validate measures the model on held-out text, in nats per token, at the interval eval_every and
// at the end of a run that was not stopped. It notifies the observers with Evaluated. Meanwhile the
// model has the averaged weights if the run averages them: they are what is validated and kept.
func Validate(measure func(ctx context.Context) (float64, error)) Observer {
	var turn clock
	return func(ctx context.Context, tr *Trainer, e Event) error {
		every := tr.config.EvalEvery
		due := turn.due(every, e, tr.Progress()) ||
			// the run was stopped during this validation
			e.Kind == Started && every.onStep(e.Stats.Step) ||
			e.Kind == Started && every.shares(tr.Progress()) > every.shares(tr.validatedAt) ||
			e.Kind == Ended && e.Err == nil
		if !due || e.Stats.Step == tr.validated {
			return nil
		}
		tr.average.swap()
		defer tr.average.swap()
		nats, err := measure(ctx)
		if errors.Is(err, lm.ErrNoProbability) {
			return fmt.Errorf("%w: validation after step %d: %w; %s", ErrDiverged, e.Stats.Step,
				err, tr.advice())
		}
		if err != nil {
			return fmt.Errorf("validation after step %d: %w", e.Stats.Step, err)
		}
		return tr.Validated(ctx, nats)
	}
}

// Validated records a validation, in nats per token, and notifies all observers. If one of them
// fails, for example because the best weights cannot be written, the validation does not count, so
// that no checkpoint refers to a best model that was not saved.
func (tr *Trainer) Validated(ctx context.Context, nats float64) error {
	validated, at, before := tr.validated, tr.validatedAt, tr.best
	tr.validated, tr.validatedAt = tr.stats.Step, tr.Progress()
	best := nats < tr.best.Nats
	if best {
		tr.best = Best{Nats: nats, Step: tr.stats.Step}
	}
	err := tr.Notify(ctx, Event{Kind: Evaluated, Stats: tr.stats, Valid: nats, Best: best})
	if err != nil {
		tr.validated, tr.validatedAt, tr.best = validated, at, before
	}
	return err
}

// Keeper keeps the weights of the best validation in memory.
type Keeper struct{ weights [][]float32 }

// Observe implements Observer.
func (k *Keeper) Observe(_ context.Context, tr *Trainer, e Event) error {
	if e.Kind != Evaluated || !e.Best {
		return nil
	}
	if k.weights == nil {
		k.weights = make([][]float32, len(tr.params))
	}
	for i, p := range tr.params {
		k.weights[i] = append(k.weights[i][:0], p.Data...)
	}
	return nil
}

// Restore copies the best weights into model, which may be another model of the same shape, and
// reports whether there are any weights.
func (k *Keeper) Restore(model any) bool {
	params := nn.Params(model)
	if k.weights == nil || len(params) != len(k.weights) {
		return false
	}
	for i, p := range params {
		copy(p.Data, k.weights[i])
	}
	return true
}
