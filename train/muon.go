package train

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/nn"
	"lmzoo/train/optim"
)

// muonWeights is the part of the weights that Muon updates: the matrices between hidden vectors.
// They are dealt to a fixed number of lanes, each with a workspace of its own, that may run
// concurrently.
type muonWeights struct {
	optim  optim.Muon
	hidden []bool // of every parameter
	fused  func(param string) (down, across int)
	blocks [][]block // of every lane
	work   []*optim.Workspace
	all    *weights
}

// block is one matrix of a parameter, with its gradient and its momentum.
type block struct {
	param   int
	w, g, m blas32.General
}

const maxLanes = 8

func newMuonWeights(learner any, params []nn.Param, c Config) (*muonWeights, error) {
	u := &muonWeights{optim: optim.Muon{Momentum: c.Momentum}}
	u.fused = func(string) (int, int) { return 1, 1 }
	if f, ok := learner.(Fused); ok {
		u.fused = f.Blocks
	}
	none := true
	for _, p := range params {
		hidden := p.Grad != nil && isHidden(p)
		u.hidden = append(u.hidden, hidden)
		none = none && !hidden
	}
	if none {
		return nil, fmt.Errorf("optimizer is muon, but %T has no matrix between hidden vectors "+
			"to train; want adamw", learner)
	}
	return u, nil
}

// isHidden reports whether a parameter is a matrix between hidden vectors, rather than a vector, an
// embedding or an output layer.
func isHidden(p nn.Param) bool { return !p.Vector && !p.Table && !p.Output }

// owns reports whether Muon updates a parameter.
func (u *muonWeights) owns(param int) bool { return u != nil && u.hidden[param] }

// lanes returns the number of parts of an update.
func (u *muonWeights) lanes() int {
	if u == nil {
		return 0
	}
	return len(u.blocks)
}

// bind cuts the parameters into blocks and deals them to lanes. The gradients are those of the
// first piece, which hold the sum over all pieces.
func (u *muonWeights) bind(w *weights, grads []nn.Param) {
	u.all = w
	var all []block
	for i, p := range w.params {
		if !u.owns(i) {
			continue
		}
		down, across := u.fused(p.Name)
		rows, cols := p.Rows/down, p.Cols/across
		for at := range down * across {
			from := at/across*rows*p.Cols + at%across*cols
			view := func(data []float32) blas32.General {
				return blas32.General{Rows: rows, Cols: cols, Stride: p.Cols, Data: data[from:]}
			}
			all = append(all, block{i, view(p.Data), view(grads[i].Grad), view(w.m[i])})
		}
	}
	u.blocks = make([][]block, min(len(all), maxLanes))
	for i, b := range all {
		lane := i % len(u.blocks)
		u.blocks[lane] = append(u.blocks[lane], b)
	}
	for _, blocks := range u.blocks {
		size, side := 0, 0
		for _, b := range blocks {
			size = max(size, b.w.Rows*b.w.Cols)
			side = max(side, min(b.w.Rows, b.w.Cols))
		}
		u.work = append(u.work, optim.NewWorkspace(size, side))
	}
}

// update updates the matrices of a lane and clears their gradients.
func (u *muonWeights) update(lane int) {
	w := u.all
	for _, b := range u.blocks[lane] {
		u.optim.Update(b.w, b.g, b.m, w.lr*w.rates[b.param], w.decayOf(b.param), w.scale,
			u.work[lane])
		for r := range b.g.Rows {
			clear(b.g.Data[r*b.g.Stride:][:b.g.Cols])
		}
	}
}
