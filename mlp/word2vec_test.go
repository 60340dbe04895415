package mlp

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

func word2vec(t testing.TB, c Word2VecConfig) *Word2Vec {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	m, err := NewWord2Vec(c, rng)
	require.NoError(t, err)
	for _, x := range [][]float32{m.In.Data, m.Out.Data} {
		for i := range x {
			x[i] = float32(rng.NormFloat64()) / 2
		}
	}
	return m
}

// The fast learner takes the step of the reference for both objectives, even if a word occurs twice
// in an example and if the noise draws the true word.
func TestNegativeSamplingIsTheDefinition(t *testing.T) {
	for _, objective := range []string{SkipGram, CBOW} {
		c := Word2VecConfig{VocabSize: 11, NEmbd: 7, Objective: objective, Window: 3, Negative: 4,
			Power: .75}
		fast, plain := word2vec(t, c), word2vec(t, c)
		examples := []Example{
			{Around: []int32{3, 4, 3}, Out: []int32{5, 6, 7, 5, 6}},
			{Around: []int32{9}, Out: []int32{1, 2, 3, 4, 8}},
			{Around: []int32{5, 6, 7, 8, 9, 10}, Out: []int32{3, 3, 1, 2, 10}},
		}
		const rate = 0.05
		wantIn, wantOut := widen(plain.In.Data), widen(plain.Out.Data)
		loss, pairs := 0.0, 0
		for _, e := range examples {
			g := plain.Step(e)
			loss, pairs = loss+g.Loss, pairs+g.Pairs
			descend(wantIn, e.Around, g.In, rate)
			descend(wantOut, e.Out, g.Out, rate)
		}
		for _, threads := range []int{1, 2} {
			fast := &Word2Vec{Config: c, In: copyOf(fast.In), Out: copyOf(fast.Out)}
			s := newNegativeSampling(fast, threads)
			s.rate = rate
			for _, e := range examples {
				s.push(e)
			}
			s.flush()
			require.InDelta(t, loss, s.loss, 1e-5)
			require.Equal(t, pairs, s.pairs)
			require.InDeltaSlice(t, wantIn, widen(fast.In.Data), 1e-6)
			require.InDeltaSlice(t, wantOut, widen(fast.Out.Data), 1e-6)
		}
	}
}

func descend(table []float64, ids []int32, grads [][]float64, rate float64) {
	for i, id := range ids {
		for c, g := range grads[i] {
			table[int(id)*len(grads[i])+c] -= rate * g
		}
	}
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = float64(x[i])
	}
	return out
}

// The gradient of the reference is the derivative of its loss. CBOW gives every surrounding word
// the whole gradient of the mean, as word2vec.c does, so its input vectors get k times the
// derivative.
func TestStepIsTheDerivative(t *testing.T) {
	for objective, share := range map[string]float64{SkipGram: 1, CBOW: 3} {
		m := word2vec(t,
			Word2VecConfig{VocabSize: 9, NEmbd: 5, Objective: objective, Window: 3, Negative: 3,
				Power: .75})
		e := Example{Around: []int32{1, 2, 4}, Out: []int32{3, 5, 6, 7}}
		g := m.Step(e)
		const h = 1e-2
		for i, id := range e.Around {
			for c := range m.Config.NEmbd {
				require.InDelta(t, difference(m, e, &m.In.Row(int(id))[c], h)*share, g.In[i][c],
					2e-4)
			}
		}
		for j, id := range e.Out {
			for c := range m.Config.NEmbd {
				require.InDelta(t, difference(m, e, &m.Out.Row(int(id))[c], h), g.Out[j][c], 2e-4)
			}
		}
	}
}

func difference(m *Word2Vec, e Example, x *float32, h float32) float64 {
	at := *x
	*x = at + h
	up, high := m.Step(e).Loss, *x
	*x = at - h
	down, low := m.Step(e).Loss, *x
	*x = at
	return (up - down) / float64(high-low)
}

// Every position of the text is the middle of one example per epoch, whatever the rows, and an
// example holds the surrounding words.
func TestPairsCoverTheText(t *testing.T) {
	docs := [][]lm.Token{{1, 2, 3, 4, 5, 6, 7, lm.BOS}, {8, lm.BOS}, {9, 10, 11, lm.BOS}}
	c := Word2VecConfig{VocabSize: 12, NEmbd: 2, Objective: SkipGram, Window: 2, Negative: 3,
		Power: .75}
	for _, shape := range [][2]int{{1, 3}, {2, 4}, {1, 100}} {
		p, err := NewPairs(docs, c, shape[0], shape[1], 7)
		require.NoError(t, err)
		perEpoch := p.rowsOfText() / shape[0]
		middle := map[int32]int{}
		for step := range perEpoch {
			p.Each(step, func(e Example) {
				middle[e.Out[0]]++
				require.Len(t, e.Out, 4)
				for _, w := range e.Around {
					distance := math.Abs(float64(w - e.Out[0]))
					require.True(t, distance >= 1 && distance <= 2, "%d around %d", w, e.Out[0])
					require.Equal(t, w <= 7, e.Out[0] <= 7, "a window crosses a document")
				}
				for _, w := range e.Out[1:] {
					require.NotEqual(t, int32(lm.BOS), w)
				}
			})
		}
		require.Equal(t,
			map[int32]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 9: 1, 10: 1, 11: 1}, middle,
			"a document of one word has nothing around it")
	}
}

// A step has the same examples whichever step was drawn before it.
func TestPairsAreAFunctionOfTheStep(t *testing.T) {
	docs := [][]lm.Token{randomText(5000, 30)}
	c := Word2VecConfig{VocabSize: 31, NEmbd: 2, Objective: SkipGram, Window: 5, Negative: 5,
		Power: .75, Sample: 1e-2}
	a, err := NewPairs(docs, c, 4, 64, 3)
	require.NoError(t, err)
	b, err := NewPairs(docs, c, 4, 64, 3)
	require.NoError(t, err)
	for range 50 {
		a.Each(17, func(Example) {})
	}
	for _, step := range []int{41, 0, 17, 41} {
		require.Equal(t, examples(a, step), examples(b, step))
	}
	require.NotEqual(t, examples(a, 0), examples(a, 1))
}

func examples(p *Pairs, step int) (all []Example) {
	p.Each(step, func(e Example) {
		all = append(all,
			Example{append([]int32(nil), e.Around...), append([]int32(nil), e.Out...)})
	})
	return all
}

func randomText(n, words int) []lm.Token {
	rng := rand.New(rand.NewPCG(4, 5))
	doc := make([]lm.Token, n)
	for i := range doc {
		doc[i] = 1 + int32(math.Sqrt(rng.Float64())*float64(words))
	}
	return doc
}

// Frequent words are subsampled as in word2vec.c, and the noise is the unigram distribution to the
// power of 3/4.
func TestPairsDrawByFrequency(t *testing.T) {
	docs := [][]lm.Token{randomText(20000, 20)}
	c := Word2VecConfig{VocabSize: 21, NEmbd: 2, Objective: SkipGram, Window: 2, Negative: 5,
		Power: .75, Sample: 2e-2}
	p, err := NewPairs(docs, c, 1, 1000, 9)
	require.NoError(t, err)
	count, middle, noise := make([]float64, 21), make([]float64, 21), make([]float64, 21)
	for _, w := range docs[0] {
		count[w]++
	}
	const epochs = 20
	draws := 0.0
	for step := range epochs * p.rowsOfText() {
		p.Each(step, func(e Example) {
			middle[e.Out[0]]++
			for _, w := range e.Out[1:] {
				noise[w]++
				draws++
			}
		})
	}
	sum := 0.0
	for _, n := range count {
		sum += math.Pow(n, .75)
	}
	for w := 1; w <= 20; w++ {
		f := count[w] / 20000
		keep := min((math.Sqrt(f/2e-2)+1)*2e-2/f, 1)
		require.InDelta(t, keep, middle[w]/count[w]/epochs, 0.05, "word %d", w)
		require.InEpsilon(t, math.Pow(count[w], .75)/sum, noise[w]/draws, 0.1, "word %d", w)
	}
}

func copyOf(x *autograd.Tensor) *autograd.Tensor {
	y := autograd.NewParam(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}

func BenchmarkNegativeSampling(b *testing.B) {
	docs := [][]lm.Token{randomText(200_000, 20_000)}
	for _, objective := range []string{SkipGram, CBOW} {
		b.Run(objective, func(b *testing.B) {
			c := Word2VecConfig{VocabSize: 20_002, NEmbd: 100, Objective: objective, Window: 5,
				Negative: 5, Power: .75}
			m, err := NewWord2Vec(c, rand.New(rand.NewPCG(1, 2)))
			require.NoError(b, err)
			p, err := NewPairs(docs, c, 4, 256, 1)
			require.NoError(b, err)
			s := newNegativeSampling(m, 2)
			s.rate = 0.025
			b.ReportAllocs()
			step := 0
			for b.Loop() {
				p.Each(step, s.push)
				s.flush()
				step++
			}
			b.ReportMetric(float64(step*p.Words())/b.Elapsed().Seconds(), "words/s")
		})
	}
}

// PyTorch's losses and gradients. For CBOW they are compared one example at a time, because a
// surrounding word gets k times its share of the gradient (see Step).
func TestWord2VecGolden(t *testing.T) {
	var golden struct {
		Vocab    int `json:"vocab"`
		NEmbd    int `json:"n_embd"`
		Examples []Example
		Results  map[string]struct {
			Loss          float64
			Syn0, Syn1neg []float64
		}
	}
	data, err := os.ReadFile("testdata/word2vec.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &golden))
	require.Len(t, golden.Results, 2)
	for objective, want := range golden.Results {
		c := Word2VecConfig{VocabSize: golden.Vocab, NEmbd: golden.NEmbd, Objective: objective,
			Window: 5, Negative: 4, Power: .75}
		m := word2vec(t, c)
		for k, x := range [][]float32{m.In.Data, m.Out.Data} {
			for i := range x {
				x[i] = float32(0.4 * math.Sin(0.37*float64(i)+float64(k)))
			}
		}
		loss := 0.0
		in, out := make([]float64, len(m.In.Data)), make([]float64, len(m.Out.Data))
		for _, e := range golden.Examples {
			g := m.Step(e)
			loss += g.Loss
			share := -1.0
			if objective == CBOW {
				share /= float64(len(e.Around))
			}
			descend(in, e.Around, g.In, share)
			descend(out, e.Out, g.Out, -1)
		}
		require.InEpsilon(t, want.Loss, loss, 1e-7)
		require.InDeltaSlice(t, want.Syn0, in, 1e-7)
		require.InDeltaSlice(t, want.Syn1neg, out, 1e-7)
	}
}

var (
	_ nn.Encoder  = (*Word2Vec)(nil)
	_ nn.Embedder = (*Word2Vec)(nil)
)

// The validation loss is the mean loss of the reference over all examples.
func TestPairLossIsTheDefinition(t *testing.T) {
	for _, objective := range []string{SkipGram, CBOW} {
		c := Word2VecConfig{VocabSize: 31, NEmbd: 6, Objective: objective, Window: 3, Negative: 4,
			Power: .75, Sample: 1e-3}
		m := word2vec(t, c)
		l, err := NewWord2VecLearner(m, [][]lm.Token{randomText(500, 30)}, 2, 32, 1, 1)
		require.NoError(t, err)
		docs := [][]lm.Token{randomText(90, 30), {1}, {2, 3, lm.BOS}}
		got, err := l.Validation(docs)(t.Context())
		require.NoError(t, err)
		held := l.pairs.heldOut(docs)
		loss, pairs, middle := 0.0, 0, 0
		for row := range held.rowsOfText() {
			held.Each(row, func(e Example) {
				g := m.Step(e)
				loss, pairs, middle = loss+g.Loss, pairs+g.Pairs, middle+1
			})
		}
		require.Equal(t, 92, middle, "no word is thinned out; one has nothing around it")
		require.InDelta(t, loss/float64(pairs), got, 1e-6)
		_, err = l.Validation([][]lm.Token{{1}})(t.Context())
		require.ErrorContains(t, err, "no pairs of words")
	}
}

// Training gives the same bits on one thread and on two, and words that occur together end up near
// each other: in this text, words 1 to 4 occur only together, and so do words 5 to 8.
func TestWord2VecLearns(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	var docs [][]lm.Token
	for range 300 {
		doc := make([]lm.Token, 10)
		group := rng.Int32N(2) * 4
		for i := range doc {
			doc[i] = 1 + group + rng.Int32N(4)
		}
		docs = append(docs, append(doc, lm.BOS))
	}
	for _, objective := range []string{SkipGram, CBOW} {
		train := func(threads int) (*Word2Vec, float64, float64) {
			c := Word2VecConfig{VocabSize: 9, NEmbd: 8, Objective: objective, Window: 4,
				Negative: 3, Power: .75}
			m, err := NewWord2Vec(c, rand.New(rand.NewPCG(1, 2)))
			require.NoError(t, err)
			l, err := NewWord2VecLearner(m, docs, 2, 50, 1, threads)
			require.NoError(t, err)
			valid := l.Validation(docs[:50])
			before, err := valid(t.Context())
			require.NoError(t, err)
			for k := range 100 {
				_, _, words, err := l.Step(k, 0.02)
				require.NoError(t, err)
				require.Equal(t, 100, words)
			}
			after, err := valid(t.Context())
			require.NoError(t, err)
			return m, before, after
		}
		one, before, after := train(1)
		two, _, _ := train(2)
		require.Equal(t, one.In.Data, two.In.Data)
		require.Equal(t, one.Out.Data, two.Out.Data)
		require.Less(t, after, before-0.3)
		unit := nn.Unit(one.In)
		for _, n := range nn.Nearest(unit, 2, 3, func(t lm.Token) bool { return t == lm.BOS }) {
			require.LessOrEqual(t, n.Token, int32(4), objective)
		}
	}
}

func TestWord2VecStepDoesNotAllocate(t *testing.T) {
	c := Word2VecConfig{VocabSize: 31, NEmbd: 16, Objective: SkipGram, Window: 5, Negative: 5,
		Power: .75}
	l, err := NewWord2VecLearner(word2vec(t, c), [][]lm.Token{randomText(2000, 30)}, 2, 64, 1, 2)
	require.NoError(t, err)
	k := 0
	allocs := testing.AllocsPerRun(30, func() {
		_, _, _, _ = l.Step(k%10, 1e-3)
		k++
	})
	require.Zero(t, allocs)
}

func TestWord2VecDiverges(t *testing.T) {
	c := Word2VecConfig{VocabSize: 31, NEmbd: 8, Objective: SkipGram, Window: 5, Negative: 5,
		Power: .75}
	m := word2vec(t, c)
	m.In.Row(3)[0] = float32(math.NaN())
	l, err := NewWord2VecLearner(m, [][]lm.Token{randomText(2000, 30)}, 4, 64, 1, 1)
	require.NoError(t, err)
	loss, _, _, _ := l.Step(0, 1e-3)
	require.True(t, math.IsNaN(loss))
	require.False(t, math.IsNaN(float64(m.Out.Row(2)[0])),
		"the groups after a NaN are not learned from")
}
