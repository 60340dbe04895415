package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lmzoo/lm"
	"lmzoo/nn"
)

// clock tells when an interval has passed.
type clock struct{ last float64 } // seconds when it last passed

// due reports whether the interval has passed at an event.
func (c *clock) due(every Every, e Event) bool {
	s := e.Stats
	switch {
	case e.Kind == Started:
		c.last = s.Seconds
		return false
	case e.Kind != Stepped:
		return false
	case every.Time > 0 && s.Seconds-c.last >= time.Duration(every.Time).Seconds():
		c.last = s.Seconds
		return true
	}
	return every.onStep(s.Step)
}

// onStep reports whether an interval in steps ends at this step.
func (e Every) onStep(step int) bool { return e.Steps > 0 && step > 0 && step%e.Steps == 0 }

// Validate measures the model on held-out text, in nats per token, at the interval eval_every and
// at the end of a run that was not stopped. It notifies the observers with Evaluated.
func Validate(measure func(ctx context.Context) (float64, error)) Observer {
	var turn clock
	return func(ctx context.Context, tr *Trainer, e Event) error {
		every := tr.config.EvalEvery
		due := turn.due(every, e) ||
			// the run was stopped during a validation
			e.Kind == Started && every.onStep(e.Stats.Step) ||
			e.Kind == Ended && e.Err == nil
		if !due || e.Stats.Step == tr.validated {
			return nil
		}
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
// fails, as when the best weights cannot be written, the validation does not count, so that no
// checkpoint names a best model that was not saved.
func (tr *Trainer) Validated(ctx context.Context, nats float64) error {
	validated, before := tr.validated, tr.best
	tr.validated = tr.stats.Step
	best := nats < tr.best.Nats
	if best {
		tr.best = Best{Nats: nats, Step: tr.stats.Step}
	}
	err := tr.Notify(ctx, Event{Kind: Evaluated, Stats: tr.stats, Valid: nats, Best: best})
	if err != nil {
		tr.validated, tr.best = validated, before
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

// Restore copies the best weights into model, which may be another of the same shape, and reports
// whether there are any.
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
