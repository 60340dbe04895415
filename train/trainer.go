package train

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"lmzoo/nn"
)

// Trainer is a run in progress: an Engine, which makes the steps, and the state that all engines
// share.
type Trainer struct {
	// Clock returns the time; it is called before and after every step.
	Clock func() time.Time

	config Config
	engine Engine
	params []nn.Param // parameters of the engine's model

	stats     Stats
	pace      float64 // seconds per step, a moving average
	best      Best
	validated int // the step of the last validation
	observers []Observer

	validatedAt float64 // progress at the last validation
	batches     int     // batches taken
	average     *average
}

// Stats describes a run after a step.
type Stats struct {
	Step     int     `json:"step"`      // steps made
	Loss     float64 `json:"loss"`      // loss of the last step, in nats per token
	LR       float64 `json:"lr"`        // learning rate of the last step
	GradNorm float64 `json:"grad_norm"` // gradient norm of the last step, before clipping
	Tokens   int     `json:"tokens"`    // targets so far
	Seconds  float64 `json:"seconds"`   // training time so far, without validating and saving

	// FLOPs estimates the operations so far, including padding; it is 0 if the engine does not
	// count them.
	FLOPs float64 `json:"flops,omitempty"`
}

// Best is the best validation so far.
type Best struct {
	Nats float64 `json:"valid"` // nats per token
	Step int     `json:"step"`  // the step that it followed; 0 before the first validation
}

// ErrDiverged reports that the loss or the gradient became infinite or NaN. That step does not
// change the weights.
var ErrDiverged = errors.New("the training diverged")

// NewTrainer prepares a run of l, a pointer to a struct with `param` tags, on the batches of src.
// The run updates the weights of l itself; gradients and memory belong to replicas.
func NewTrainer[B Batch[B]](l Learner[B], src Source[B], c Config) (*Trainer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	e, err := newDense(l, src, c)
	if err != nil {
		return nil, err
	}
	return NewTrainerOf(e, c)
}

// NewTrainerOf prepares a run with the steps of e.
func NewTrainerOf(e Engine, c Config) (*Trainer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	params, err := paramsOf(e.Model())
	if err != nil {
		return nil, err
	}
	if counted, ok := e.(Counted); c.Flops > 0 && (!ok || !counted.Counts()) {
		return nil, fmt.Errorf("flops is %g, but the operations of %T are not known; use steps "+
			"or a budget, or give it a method Shape", c.Flops, e.Model())
	}
	if _, ok := e.(Adjustable); !ok {
		if err := c.plain(e.Model()); err != nil {
			return nil, err
		}
	}
	return &Trainer{Clock: time.Now, config: c, engine: e, params: params,
		best: Best{Nats: math.Inf(1)}, average: newAverage(params, c)}, nil
}

// plain returns an error for a setting that only an Adjustable engine knows.
func (c Config) plain(model any) error {
	for _, s := range []struct {
		name  string
		value any
		plain bool
	}{
		{"optimizer", c.Optimizer, c.Optimizer != Muon},
		{"batch_growth", c.BatchGrowth, c.BatchGrowth <= 1},
		{"context_growth", c.ContextGrowth, c.ContextGrowth <= 1},
	} {
		if !s.plain {
			return fmt.Errorf("%s is %v, but %T makes its own steps, which have no such "+
				"setting; leave it out", s.name, s.value, model)
		}
	}
	return nil
}

// paramsOf returns the parameters of a model, or an error if the model cannot be trained and saved.
func paramsOf(model any) ([]nn.Param, error) {
	if v := reflect.ValueOf(model); v.Kind() != reflect.Pointer || v.IsNil() ||
		v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%T cannot be trained; want a pointer to a struct", model)
	}
	params := nn.Params(model)
	if len(params) == 0 {
		return nil, fmt.Errorf("%T has no parameters; want fields with a `param` tag", model)
	}
	seen := map[string]bool{}
	for _, p := range params {
		switch {
		case p.Stride != p.Cols || len(p.Data) != p.Rows*p.Cols || p.Grad != nil &&
			len(p.Grad) != len(p.Data):
			return nil, fmt.Errorf("parameter %s of %T is a view of another tensor; want one "+
				"made by autograd.NewParam", p.Name, model)
		case seen[p.Name]:
			return nil, fmt.Errorf("%T has two parameters named %s", model, p.Name)
		}
		seen[p.Name] = true
	}
	return params, nil
}

// Config returns the configuration of the run.
func (tr *Trainer) Config() Config { return tr.config }

// Stats returns the state of the run.
func (tr *Trainer) Stats() Stats { return tr.stats }

// Batches returns the number of batches taken so far.
func (tr *Trainer) Batches() int { return tr.batches }

// Best returns the best validation so far.
func (tr *Trainer) Best() Best { return tr.best }

// Progress returns the fraction of the run that is done, 0 … 1.
func (tr *Trainer) Progress() float64 { return tr.config.progress(tr.stats) }

// Done reports whether all steps have been made, all operations are spent, the budget leaves no
// time for another step, or the engine has finished. The last step may exceed a budget of
// operations.
func (tr *Trainer) Done() bool {
	c, s := tr.config, tr.stats
	if s.Step == 0 {
		return false // a run makes at least one step
	}
	if f, ok := tr.engine.(Finishing); ok && f.Finished() {
		return true
	}
	return c.Steps > 0 && s.Step >= c.Steps || c.Flops > 0 && s.FLOPs >= c.Flops ||
		c.Budget > 0 && s.Seconds+tr.pace > time.Duration(c.Budget).Seconds()
}

// Step makes one step.
func (tr *Trainer) Step() (Stats, error) {
	start := tr.Clock()
	lr := tr.config.rate(tr.stats)
	n, cut := tr.config.take(tr.Progress())
	if a, ok := tr.engine.(Adjustable); ok {
		a.Take(tr.batches, n, cut)
	}
	loss, norm, targets, err := tr.engine.Step(tr.stats.Step, lr)
	if err != nil {
		return tr.stats, err
	}
	if !finite(loss) || !finite(norm) {
		return tr.stats, tr.diverged(loss, norm)
	}
	tr.batches += n
	took := max(tr.Clock().Sub(start).Seconds(), 0)
	tr.pace = max(took, (3*tr.pace+took)/4)
	tr.stats = Stats{
		Step: tr.stats.Step + 1, Loss: loss, LR: lr, GradNorm: norm,
		Tokens: tr.stats.Tokens + targets, Seconds: tr.stats.Seconds + took,
		FLOPs: tr.stats.FLOPs,
	}
	if counted, ok := tr.engine.(Counted); ok {
		tr.stats.FLOPs += counted.FLOPs()
	}
	tr.average.add(tr.Progress())
	return tr.stats, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// diverged returns the error of a step whose loss or gradient is not finite.
func (tr *Trainer) diverged(loss, norm float64) error {
	return fmt.Errorf("%w: step %d has loss %g and gradient norm %g; %s", ErrDiverged,
		tr.stats.Step+1, loss, norm, tr.advice())
}

// advice returns the remedies for a run that diverged.
func (tr *Trainer) advice() string {
	return fmt.Sprintf("lower lr (now %g), raise warmup (now %d) or lower clip (now %g), and "+
		"resume from the last checkpoint",
		tr.config.LR, tr.config.Warmup, tr.config.Clip)
}
