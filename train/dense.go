package train

import (
	"fmt"

	"lmzoo/autograd/gemm"
	"lmzoo/format/safetensors"
)

// dense is the Engine of a Learner: a tape computes the gradient of every parameter, and the
// optimizer updates all of them.
type dense[B Batch[B]] struct {
	config  Config
	learner Learner[B]
	source  Source[B]

	batches []B // batches of a step
	room    []B // space for the batches of the largest step
	rows    int // rows of the first batch
	pieces  []*piece[B]
	weights *weights
	crew    *gemm.Crew

	// The fields below describe the current step.
	first int     // number of its first batch
	cut   int     // pieces of a row
	flops float64 // operations

	learn, gather, update, clear partFunc // bound once, so that a step allocates nothing
}

// partFunc adapts a function to gemm.Job. Parts run concurrently in any order, so each may write
// only its own data.
type partFunc func(i int)

// Part implements gemm.Job.
func (p partFunc) Part(i int) { p(i) }

// NewEngine returns the engine of NewTrainer, an Adjustable, for use in an engine that adds work to
// its steps, such as drawing the text that it learns from.
func NewEngine[B Batch[B]](l Learner[B], src Source[B], c Config) (Engine, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return newDense(l, src, c)
}

func newDense[B Batch[B]](l Learner[B], src Source[B], c Config) (*dense[B], error) {
	params, err := paramsOf(l)
	if err != nil {
		return nil, err
	}
	d := &dense[B]{config: c, learner: l, source: src, room: make([]B, c.most())}
	if err := d.growsContext(); err != nil {
		return nil, err
	}
	shared := new(tapes)
	for i := range min(c.Pieces, c.Batch) {
		d.pieces = append(d.pieces, newPiece(i, l, shared))
	}
	if d.weights, err = newWeights(l, params, paramsOfPieces(d.pieces), c); err != nil {
		return nil, err
	}
	if len(d.weights.ranges) == 0 {
		return nil, fmt.Errorf("all parameters of %T are frozen or empty; want one to train", l)
	}
	d.gather, d.update, d.clear = d.weights.gather, d.weights.update, d.weights.clear
	d.learn = func(i int) { d.pieces[i].learn(d.batches, len(d.pieces), c.Seed, d.first) }
	d.crew = gemm.NewCrew(c.Threads)
	return d, nil
}

// growsContext returns an error if rows must be cut but cannot be.
func (d *dense[B]) growsContext() error {
	if d.config.ContextGrowth <= 1 {
		return nil
	}
	var b B
	_, narrows := any(&b).(narrower[B])
	if _, carries := d.learner.(Carrier); carries || !narrows {
		return fmt.Errorf("context_growth is %d, but the rows of %T cannot be cut into shorter "+
			"ones; leave it out", d.config.ContextGrowth, d.learner)
	}
	return nil
}

// narrower is a Batch whose rows can be cut into several rows of equal length.
type narrower[B any] interface{ Narrow(pieces int) B }

// Take implements Adjustable.
func (d *dense[B]) Take(first, n, cut int) { d.first, d.batches, d.cut = first, d.room[:n], cut }

// rateOf returns the rates of a learner's parameters, all 1 unless it is Rated.
func rateOf(learner any) func(string) float64 {
	if r, ok := learner.(Rated); ok {
		return r.Rate
	}
	return func(string) float64 { return 1 }
}

// Model returns the learner.
func (d *dense[B]) Model() any { return d.learner }

// Step makes step k.
func (d *dense[B]) Step(k int, lr float64) (loss, norm float64, targets int, err error) {
	if targets, err = d.fetch(); err != nil {
		return 0, 0, 0, err
	}
	d.crew.Do(len(d.pieces), d.learn)
	for _, p := range d.pieces {
		loss += p.loss
	}
	w := d.weights
	d.crew.Do(len(w.ranges), d.gather)
	norm = w.norm()
	if !finite(loss) || !finite(norm) {
		d.crew.Do(len(w.ranges), d.clear) // the next step must start from a zero gradient
		return loss, norm, targets, nil
	}
	w.k, w.lr, w.scale = k+1, lr, clipScale(norm, d.config.Clip)
	d.crew.Do(w.jobs(), d.update)
	return loss, norm, targets, nil
}

// fetch gets the batches of the step. It counts the targets, over which the loss is averaged.
func (d *dense[B]) fetch() (targets int, err error) {
	d.flops = 0
	for i := range d.batches {
		number := d.first + i
		d.source.Batch(&d.batches[i], number)
		if err := d.checkBatch(&d.batches[i]); err != nil {
			return 0, fmt.Errorf("batch %d: %w", number, err)
		}
		if d.cut > 1 {
			d.batches[i] = any(&d.batches[i]).(narrower[B]).Narrow(d.cut)
		}
		targets += d.batches[i].Targets()
		d.count(&d.batches[i])
	}
	for i, b := range d.batches {
		d.batches[i] = b.Of(max(targets, 1))
	}
	return targets, nil
}

// count adds the operations of a batch.
func (d *dense[B]) count(b *B) {
	shaped, ok := d.learner.(Shaped)
	if !ok {
		return
	}
	positions, context := (*b).Targets(), d.config.Context
	if s, ok := any(b).(Sized); ok {
		positions, context = s.Size()
	}
	d.flops += float64(positions) * shaped.Shape(context).FLOPs
}

// Counts reports whether the learner knows its cost.
func (d *dense[B]) Counts() bool {
	shaped, ok := d.learner.(Shaped)
	return ok && shaped.Shape(d.config.Context).FLOPs > 0
}

// FLOPs returns the operations of the last step.
func (d *dense[B]) FLOPs() float64 { return d.flops }

// checkBatch returns an error for an invalid batch.
func (d *dense[B]) checkBatch(b *B) error {
	rows := (*b).Rows()
	if v, ok := any(b).(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return err
		}
	}
	if rows < 1 {
		return fmt.Errorf("it has %d rows; want at least 1", rows)
	}
	if d.rows == 0 {
		d.rows = rows
	}
	if _, carries := d.learner.(Carrier); carries && rows != d.rows {
		return fmt.Errorf("%d rows after batches of %d; want the same number, because the model "+
			"remembers each row", rows, d.rows)
	}
	return nil
}

// State lists the moments of the parameters that are not frozen, under torch's names.
func (d *dense[B]) State() []safetensors.Tensor {
	var out []safetensors.Tensor
	for i, p := range d.weights.params {
		switch {
		case p.Grad == nil:
			continue // frozen
		case d.weights.v[i] == nil: // Muon's
			out = append(out, safetensors.Tensor{Name: "momentum_buffer." + p.Name,
				Shape: shapeOf(p), Data: d.weights.m[i]})
			continue
		}
		out = append(out,
			safetensors.Tensor{Name: "exp_avg." + p.Name, Shape: shapeOf(p), Data: d.weights.m[i]},
			safetensors.Tensor{Name: "exp_avg_sq." + p.Name, Shape: shapeOf(p),
				Data: d.weights.v[i]})
	}
	return out
}

// Carry returns the memory of every piece.
func (d *dense[B]) Carry() [][][]float32 {
	memory := make([][][]float32, len(d.pieces))
	for i, p := range d.pieces {
		memory[i] = p.carry()
	}
	return memory
}

// SetCarry replaces the memory of every piece.
func (d *dense[B]) SetCarry(memory [][][]float32) {
	for i, p := range d.pieces {
		p.setCarry(memory[i])
	}
}
