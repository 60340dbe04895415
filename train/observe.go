package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"lmzoo/nn"
)

// clock tells an observer when its turn has come.
type clock struct {
	every Every
	last  float64 // seconds at the last turn
	begun bool
}

// due reports whether it is time again after a step.
func (c *clock) due(s Stats) bool {
	if !c.begun {
		c.begun, c.last = true, s.Seconds
	}
	if c.every.Steps > 0 && s.Step%c.every.Steps == 0 {
		return true
	}
	if c.every.Time > 0 && s.Seconds-c.last >= time.Duration(c.every.Time).Seconds() {
		c.last = s.Seconds
		return true
	}
	return false
}

// Validate measures the model, in nats per token of text it is not trained on, as often as the configuration says in
// eval_every, and at the end of a run that came to its end. The other observers hear of it as Evaluated.
func Validate(measure func(ctx context.Context) (float64, error)) Observer {
	var turn clock
	last := -1
	return func(ctx context.Context, tr *Trainer, e Event) error {
		turn.every = tr.config.EvalEvery
		if due := e.Kind == Stepped && turn.due(e.Stats) || e.Kind == Ended && e.Err == nil; !due || e.Stats.Step == last {
			return nil
		}
		last = e.Stats.Step
		nats, err := measure(ctx)
		if err != nil {
			return fmt.Errorf("validation after step %d: %w", e.Stats.Step, err)
		}
		return tr.Judged(ctx, nats)
	}
}

// Judged takes note of a validation, in nats per token, and tells all observers.
func (tr *Trainer) Judged(ctx context.Context, nats float64) error {
	best := nats < tr.best.Nats
	if best {
		tr.best = Best{Nats: nats, Step: tr.stats.Step}
	}
	return tr.Notify(ctx, Event{Kind: Evaluated, Stats: tr.stats, Valid: nats, Best: best})
}

// Keeper keeps the weights of the best validation in memory.
type Keeper struct{ weights [][]float32 }

// Observe is the Keeper's Observer.
func (k *Keeper) Observe(_ context.Context, tr *Trainer, e Event) error {
	if e.Kind != Evaluated || !e.Best {
		return nil
	}
	if k.weights == nil {
		k.weights = make([][]float32, len(tr.weights.params))
	}
	for i, p := range tr.weights.params {
		k.weights[i] = append(k.weights[i][:0], p.Data...)
	}
	return nil
}

// Restore puts the best weights into model, the one trained or a twin, and reports whether there are any.
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

// Metrics writes one JSON object a line: after every step its Stats, and after every validation those and valid.
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
				return nil // JSON has no word for it
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
