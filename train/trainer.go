package train

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"lmzoo/autograd/gemm"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// Trainer is a run in progress. Its Step is the straight line of all neural training:
// fetch a batch, forward, backward, clip, update.
type Trainer struct {
	// Clock is asked for the time around every step.
	Clock func() time.Time

	config  Config
	learner Learner
	source  corpus.Source

	batches []corpus.Batch // the Accumulate batches of a step
	rows    int            // of the first batch
	pieces  []*piece
	weights *weights
	crew    *gemm.Crew
	learn   part // bound once, so that a step allocates nothing
	gather  part
	update  part

	stats     Stats
	pace      float64 // seconds a step takes, as the last ones did
	best      Best
	judged    int // the step of the last validation
	observers []Observer
}

// part is a job of the threads of a run: who does which part, and when, is left to chance, so it must write only what is its own.
type part func(i int)

// Part does part i.
func (p part) Part(i int) { p(i) }

// Stats is where a run stands after a step.
type Stats struct {
	Step     int     `json:"step"`      // steps made
	Loss     float64 `json:"loss"`      // of the last one, nats per token
	LR       float64 `json:"lr"`        // of the last one
	GradNorm float64 `json:"grad_norm"` // of the last one, before clipping
	Tokens   int     `json:"tokens"`    // targets learned from so far
	Seconds  float64 `json:"seconds"`   // training time so far; evaluating and saving do not count
}

// Best is the best validation so far.
type Best struct {
	Nats float64 `json:"valid"` // per token
	Step int     `json:"step"`  // after which; 0: not validated yet
}

// ErrDiverged says that loss or gradient became infinite or NaN. The weights are those before that step.
var ErrDiverged = errors.New("the training diverged")

// NewTrainer prepares a run of l, a pointer to a struct with `param` tags, on the batches of src. The run changes
// the weights of l itself, but its gradients and memory are those of replicas.
func NewTrainer(l Learner, src corpus.Source, c Config) (*Trainer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	params, err := paramsOf(l)
	if err != nil {
		return nil, err
	}
	tr := &Trainer{
		Clock: time.Now, config: c, learner: l, source: src,
		batches: make([]corpus.Batch, c.Accumulate), best: Best{Nats: math.Inf(1)},
	}
	for i := range min(c.Pieces, c.Batch) {
		tr.pieces = append(tr.pieces, newPiece(i, l))
	}
	tr.weights = newWeights(params, tr.pieces, c)
	if len(tr.weights.ranges) == 0 {
		return nil, fmt.Errorf("all parameters of %T are frozen or empty; expected one to train", l)
	}
	tr.gather, tr.update = tr.weights.gather, tr.weights.update
	tr.learn = func(i int) { tr.pieces[i].learn(tr.batches, len(tr.pieces), c.Seed, tr.stats.Step) }
	tr.crew = gemm.NewCrew(c.Threads)
	return tr, nil
}

// paramsOf returns the parameters of a model that can be trained and saved, or says why it cannot.
func paramsOf(model any) ([]nn.Param, error) {
	if v := reflect.ValueOf(model); v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%T cannot be trained; expected a pointer to a struct", model)
	}
	params := nn.Params(model)
	if len(params) == 0 {
		return nil, fmt.Errorf("%T has no parameters; expected fields with a `param` tag", model)
	}
	seen := map[string]bool{}
	for _, p := range params {
		switch {
		case p.Stride != p.Cols || len(p.Data) != p.Rows*p.Cols || p.Grad != nil && len(p.Grad) != len(p.Data):
			return nil, fmt.Errorf("parameter %s of %T is a view of another tensor; expected one made by autograd.NewParam", p.Name, model)
		case seen[p.Name]:
			return nil, fmt.Errorf("%T has two parameters named %s", model, p.Name)
		}
		seen[p.Name] = true
	}
	return params, nil
}

// Config is the configuration of the run.
func (tr *Trainer) Config() Config { return tr.config }

// Stats is where the run stands.
func (tr *Trainer) Stats() Stats { return tr.stats }

// Best is the best validation so far.
func (tr *Trainer) Best() Best { return tr.best }

// Progress is the part of the run that is done, 0 … 1.
func (tr *Trainer) Progress() float64 { return tr.config.progress(tr.stats.Step, tr.stats.Seconds) }

// Done reports whether the run is over: all steps made, or no time left in the budget for another.
func (tr *Trainer) Done() bool {
	c, s := tr.config, tr.stats
	if s.Step == 0 {
		return false // whoever asked for training gets some
	}
	return c.Steps > 0 && s.Step >= c.Steps ||
		c.Budget > 0 && s.Seconds+tr.pace > time.Duration(c.Budget).Seconds()
}

// Step makes one step.
func (tr *Trainer) Step() (Stats, error) {
	start := tr.Clock()
	targets, err := tr.fetch()
	if err != nil {
		return tr.stats, err
	}
	tr.crew.Do(len(tr.pieces), tr.learn)
	loss := 0.0
	for _, p := range tr.pieces {
		loss += p.loss
	}
	w := tr.weights
	tr.crew.Do(len(w.ranges), tr.gather)
	norm := w.norm()
	if !finite(loss) || !finite(norm) {
		return tr.stats, tr.diverged(loss, norm)
	}
	w.k = tr.stats.Step + 1
	w.lr = tr.config.rate(tr.stats.Step, tr.stats.Seconds)
	w.scale = clipScale(norm, tr.config.Clip)
	tr.crew.Do(len(w.ranges), tr.update)

	took := max(tr.Clock().Sub(start).Seconds(), 0)
	tr.pace = max(took, (3*tr.pace+took)/4)
	tr.stats = Stats{
		Step: w.k, Loss: loss, LR: w.lr, GradNorm: norm,
		Tokens: tr.stats.Tokens + targets, Seconds: tr.stats.Seconds + took,
	}
	return tr.stats, nil
}

// fetch gets the batches of the step and returns the number of their targets, over which the loss is averaged.
func (tr *Trainer) fetch() (targets int, err error) {
	for i := range tr.batches {
		b := &tr.batches[i]
		number := tr.stats.Step*len(tr.batches) + i
		tr.source.Batch(b, number)
		if err := tr.checkBatch(b); err != nil {
			return 0, fmt.Errorf("batch %d: %w", number, err)
		}
		for _, y := range b.Y {
			if y >= 0 {
				targets++
			}
		}
	}
	for i := range tr.batches {
		tr.batches[i].N = max(targets, 1)
	}
	return targets, nil
}

// checkBatch refuses what no model could learn from.
func (tr *Trainer) checkBatch(b *corpus.Batch) error {
	if b.B < 1 || b.T < 1 || len(b.X) != b.B*b.T || len(b.Y) != len(b.X) {
		return fmt.Errorf("%d rows of %d tokens, %d inputs and %d targets; expected rows × tokens of each, and some", b.B, b.T, len(b.X), len(b.Y))
	}
	if tr.rows == 0 {
		tr.rows = b.B
	}
	if _, carries := tr.learner.(Carrier); carries && b.B != tr.rows {
		return fmt.Errorf("%d rows after batches of %d; expected as many, since the model remembers what each row was about", b.B, tr.rows)
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// diverged forgets the gradient that made no sense and gives advice.
func (tr *Trainer) diverged(loss, norm float64) error {
	tr.crew.Do(len(tr.weights.ranges), part(tr.weights.clear))
	return fmt.Errorf("%w: step %d has loss %g and gradient norm %g; %s", ErrDiverged, tr.stats.Step+1, loss, norm, tr.advice())
}

// advice is what to do about a training that diverged.
func (tr *Trainer) advice() string {
	return fmt.Sprintf("lower lr (now %g), warm up longer (now %d) or clip shorter (now %g), and resume from the last checkpoint",
		tr.config.LR, tr.config.Warmup, tr.config.Clip)
}
