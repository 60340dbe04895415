package mlp

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd"
	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
)

// negativeSampling minimizes the loss of Word2Vec.Step with three small matrix products per example
// (Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed Memory": pairs that share
// their noise turn dot products into matrix products). It computes all gradients of a group of
// examples from the same vectors and then adds them, each vector on one thread, in the order of the
// examples. Therefore the number of threads changes no bit, unlike with Hogwild (Niu et al. 2011),
// which word2vec.c uses. It updates only the rows of tokens that occur.
type negativeSampling struct {
	m     *Word2Vec
	crew  *gemm.Crew
	group []work
	n     int     // number of examples in the group
	rate  float32 // learning rate

	learn, add job // bound once, so that a step allocates nothing

	loss  float64
	pairs int
}

// groupSize is the number of examples whose gradients are computed from the same vectors. A large
// group synchronizes threads less often; a small group learns from newer vectors, which matters for
// small vocabularies.
func groupSize(vocab int) int { return min(max(vocab/4, chunk), 64) }

const (
	chunk  = 8 // examples per part of the work
	shards = 4 // number of parts into which the vectors are divided to add gradients
)

// job adapts a function to gemm.Job.
type job func(i int)

func (j job) Part(i int) { j(i) }

func newNegativeSampling(m *Word2Vec, threads int) *negativeSampling {
	s := &negativeSampling{m: m, crew: gemm.NewCrew(threads),
		group: make([]work, groupSize(m.Vocab()))}
	for i := range s.group {
		s.group[i] = newWork(m.Config)
	}
	s.learn = func(i int) {
		for j := i * chunk; j < min((i+1)*chunk, s.n); j++ {
			s.group[j].compute(s.m, s.rate)
		}
	}
	s.add = func(i int) {
		for j := range s.n {
			s.group[j].add(s.m, int32(i))
		}
	}
	return s
}

// push appends an example to the group and learns from a full group.
func (s *negativeSampling) push(e Example) {
	w := &s.group[s.n]
	w.around, w.out = append(w.around[:0], e.Around...), append(w.out[:0], e.Out...)
	if s.n++; s.n == len(s.group) {
		s.flush()
	}
}

// flush learns from the examples of the group, unless their loss is not finite.
func (s *negativeSampling) flush() {
	s.crew.Do((s.n+chunk-1)/chunk, s.learn)
	for j := range s.n {
		s.loss += s.group[j].loss
		s.pairs += s.group[j].pairs
	}
	if !math.IsNaN(s.loss) {
		s.crew.Do(shards, s.add)
	}
	s.n = 0
}

// work is one example with the buffers of its gradient.
type work struct {
	cbow        bool
	around, out []int32
	v, dv       []float32 // input vectors and their updates, [k, C]; for CBOW one vector, [1, C]
	u, du       []float32 // output vectors and their updates, [1+K, C]
	p           []float32 // [k, 1+K] probabilities, then errors
	loss        float64
	pairs       int
}

func newWork(c Word2VecConfig) work {
	k, o := 2*c.Window, 1+c.Negative
	w := work{cbow: c.Objective == CBOW, around: make([]int32, 0, k), out: make([]int32, 0, o)}
	for _, x := range []*[]float32{&w.v, &w.dv} {
		*x = make([]float32, k*c.NEmbd)
	}
	for _, x := range []*[]float32{&w.u, &w.du} {
		*x = make([]float32, o*c.NEmbd)
	}
	w.p = make([]float32, k*o)
	return w
}

// compute stores −rate times the gradient of the example in dv and du.
func (w *work) compute(m *Word2Vec, rate float32) {
	v, u, p := w.scores(m)
	vec.Sigmoid(p.Data, p.Data)
	w.errors(p, rate)
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, p, u, 0, general(v.Rows, v.Cols, w.dv)) // [k, C]
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, p, v, 0, general(u.Rows, u.Cols, w.du))   // [1+K, C]
}

// scores gathers the input vectors v [k, C] and the output vectors u [1+K, C], and multiplies them.
func (w *work) scores(m *Word2Vec) (v, u, p blas32.General) {
	c, k, o := m.Config.NEmbd, len(w.around), len(w.out)
	gather(w.u, m.Out, w.out)
	if w.cbow {
		w.mean(m.In)
		k = 1
	} else {
		gather(w.v, m.In, w.around)
	}
	v, u, p = general(k, c, w.v), general(o, c, w.u), general(k, o, w.p)
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, v, u, 0, p) // [k, 1+K]
	return v, u, p
}

// errors replaces probabilities with rate·(label − p) and sums the loss. It takes the logarithm of
// the product of a row instead of summing logarithms. Probabilities below rarest are replaced by
// rarest, so that the product remains above zero.
func (w *work) errors(p blas32.General, rate float32) {
	// rarest is σ of about −7; it only bounds the loss shown during training
	const rarest = 1e-3
	w.loss, w.pairs = 0, p.Rows
	for i := range p.Rows {
		row := p.Data[i*p.Stride:][:p.Cols]
		product := 1.0
		for j, p := range row {
			switch {
			case j == 0:
				product *= max(float64(p), rarest)
				row[j] = rate * (1 - p)
			case w.out[j] == w.out[0]:
				row[j] = 0
			default:
				product *= max(1-float64(p), rarest)
				row[j] = -rate * p
			}
		}
		w.loss -= math.Log(product)
	}
}

// mean stores the mean of the context words' vectors in v.
func (w *work) mean(in *autograd.Tensor) {
	v := w.v[:in.Cols]
	clear(v)
	for _, id := range w.around {
		vec.Add(v, in.Row(int(id)))
	}
	vec.Scale(v, 1/float32(len(w.around)))
}

// add adds the gradient to the vectors of one shard.
func (w *work) add(m *Word2Vec, shard int32) {
	c := m.Config.NEmbd
	for i, id := range w.around {
		if id%shards == shard {
			if w.cbow {
				i = 0
			}
			vec.Add(m.In.Row(int(id)), w.dv[i*c:][:c])
		}
	}
	for j, id := range w.out {
		if id%shards == shard {
			vec.Add(m.Out.Row(int(id)), w.du[j*c:][:c])
		}
	}
}

// gather copies rows of a table to dst, in order.
func gather(dst []float32, table *autograd.Tensor, ids []int32) {
	c := table.Cols
	for i, id := range ids {
		copy(dst[i*c:][:c], table.Data[int(id)*c:][:c])
	}
}

func general(rows, cols int, data []float32) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data[:rows*cols]}
}
