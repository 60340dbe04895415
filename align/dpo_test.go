package align

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/transformer"
)

func dpoConfig(steps int) train.Config {
	c := train.Default()
	c.Batch, c.Context, c.Pieces, c.Steps = 4, 24, 3, steps
	c.LR, c.MinLR, c.Warmup, c.WeightDecay = 1e-3, 1e-3, 2, 0
	return c
}

// pair returns a pair whose answers end with [END].
func pair(question, chosen, rejected []lm.Token) Pair {
	with := func(x []lm.Token, more ...lm.Token) []lm.Token {
		return append(append([]lm.Token(nil), x...), more...)
	}
	return Pair{Prompt: with(with([]lm.Token{user}, question...), assistant),
		Chosen: with(chosen, end), Rejected: with(rejected, end)}
}

func somePairs() []Pair {
	return []Pair{
		pair([]lm.Token{1, 2}, []lm.Token{3}, []lm.Token{4, 4, 4}),
		pair([]lm.Token{4}, []lm.Token{5, 6, 7}, nil),
		pair([]lm.Token{8, 9, 10, 11}, []lm.Token{1, 2, 3, 4, 5}, []lm.Token{1, 2, 3, 4, 6}),
		pair(nil, []lm.Token{9}, []lm.Token{10}),
		pair([]lm.Token{2, 2, 2}, []lm.Token{3, 3}, []lm.Token{1, 7}),
	}
}

func newPairs(t testing.TB, pairs []Pair, raw train.Source[corpus.Batch], batch int) *Pairs {
	t.Helper()
	s, err := NewPairs(pairs, raw, PairOptions{Batch: batch, Context: 24, Seed: 1})
	require.NoError(t, err)
	return s
}

// TestPairRows checks that a row is BOS, prompt and answer, and that the targets of the answer are
// shifted by one position and end with [END], which occurs once.
func TestPairRows(t *testing.T) {
	s := newPairs(t, somePairs()[:1], nil, 1)
	var b PairBatch
	s.Batch(&b, 0)
	require.Equal(t, []lm.Token{
		0, user, 1, 2, assistant, 3, end, 0, 0,
		0, user, 1, 2, assistant, 4, 4, 4, end}, b.X)
	require.Equal(t, []lm.Token{
		-1, -1, -1, -1, 3, end, -1, -1, -1,
		-1, -1, -1, -1, 4, 4, 4, end, -1}, b.Y)
	require.Equal(t, []int32{7, 9}, b.Length)
	tape := autograd.NewForward()
	for _, at := range b.last(tape) {
		require.Equal(t, end, b.X[at])
	}
}

// TestToolResultsCarryNoLoss checks that in an answer with a call, the result of the tool is not a
// target.
func TestToolResultsCarryNoLoss(t *testing.T) {
	tok, err := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	require.NoError(t, err)
	l, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	p := EncodePair(l, []prompt.Message{{Role: prompt.User, Content: "6*7"}},
		[]prompt.Message{
			{Role: prompt.Assistant, Call: &prompt.Call{Tool: "c", Input: "6"}},
			{Role: prompt.Tool, Content: "42"},
			{Role: prompt.Assistant, Content: "42"}},
		[]prompt.Message{{Role: prompt.Assistant, Content: "41"}})
	require.NoError(t, p.Validate(64))
	require.Equal(t, l.Assistant, p.Prompt[len(p.Prompt)-1])
	s, err := NewPairs([]Pair{p}, nil, PairOptions{Batch: 1, Context: 64})
	require.NoError(t, err)
	var b PairBatch
	s.Batch(&b, 0)
	var targets []lm.Token
	for _, y := range b.Y[:b.T] {
		if y >= 0 {
			targets = append(targets, y)
		}
	}
	want := append([]lm.Token{l.Call}, tok.Encode(nil, " c 6")...)
	want = append(append(append(want, l.Result), tok.Encode(nil, " 42")...), l.End)
	require.Equal(t, want, targets)
}

// TestFirstLossIsLn2 checks that at step 0 the loss is ln 2 and all rewards are 0, but the gradient
// is not zero, even with dropout.
func TestFirstLossIsLn2(t *testing.T) {
	for name, m := range policies(t) {
		t.Run(name, func(t *testing.T) {
			switch m := m.(type) {
			case *transformer.Model:
				m.Config.Dropout = 0.5
			case *transformer.Llama:
				m.Config.Dropout = 0.5
			}
			s := newPairs(t, somePairs(), nil, 3)
			d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3})
			require.NoError(t, err)
			for step := range 5 {
				var b PairBatch
				s.Batch(&b, step)
				tape := autograd.NewTape()
				tape.Rand = rand.New(rand.NewPCG(1, 1))
				loss := d.Loss(tape, b)
				require.Equal(t, float32(math.Ln2), loss.Data[0])
				tape.Backward(loss)
			}
			squares := 0.0
			for _, p := range nn.Params(m) {
				for _, g := range p.Grad {
					squares += float64(g) * float64(g)
				}
			}
			require.Greater(t, squares, 1e-4)
			measured, err := d.Measure(t.Context(), s)
			require.NoError(t, err)
			require.Equal(t, 5, measured.Pairs)
			require.InDelta(t, math.Ln2, measured.Loss, 1e-12)
			require.Zero(t, measured.Margin)
		})
	}
}

// TestReferenceIsFrozen checks that training changes the policy, but not the reference.
func TestReferenceIsFrozen(t *testing.T) {
	m := smallGPT(t)
	s := newPairs(t, somePairs(), nil, 4)
	d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3})
	require.NoError(t, err)
	before := append([][2]float64(nil), s.reference...)
	_, err = train.Run(t.Context(), train.Learner[PairBatch](d), s, dpoConfig(100))
	require.NoError(t, err)
	require.Equal(t, before, s.reference)
	measured, err := d.Measure(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, 1.0, measured.Accuracy)
	require.Less(t, measured.Loss, 0.5)
	require.Greater(t, measured.Chosen, measured.Rejected)
}

// TestAnchorsHoldTheChosenAnswer checks that the probability of the chosen answers may fall without
// an anchor, and rises with the NLL.
func TestAnchorsHoldTheChosenAnswer(t *testing.T) {
	rise := func(nll float64) float64 {
		m := smallGPT(t)
		s := newPairs(t, somePairs(), nil, 4)
		d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3, NLL: nll})
		require.NoError(t, err)
		first, err := d.Measure(t.Context(), s)
		require.NoError(t, err)
		_, err = train.Run(t.Context(), train.Learner[PairBatch](d), s, dpoConfig(30))
		require.NoError(t, err)
		last, err := d.Measure(t.Context(), s)
		require.NoError(t, err)
		return last.LogChosen - first.LogChosen
	}
	free, held := rise(0), rise(1)
	require.Greater(t, held, 0.5)
	require.Greater(t, held, free)
}

// TestDPOGradients checks that the gradient of the loss with all anchors is its slope.
func TestDPOGradients(t *testing.T) {
	for name, m := range tinyPolicies(t) {
		t.Run(name, func(t *testing.T) {
			s := newPairs(t, somePairs()[:2], rawText(t, 1, 8), 2)
			d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3, NLL: 0.2, Rehearse: 0.5})
			require.NoError(t, err)
			var b PairBatch
			s.Batch(&b, 0)
			for i := range b.Reference {
				b.Reference[i] += 0.5 * float64(i) // as after some steps
			}
			nntest.CheckSlopes(t, m, func(t *autograd.Tape) *autograd.Tensor {
				return d.Loss(t, b)
			})
		})
	}
}

// TestSharesOfPairs checks that the losses and gradients of the shares add up to those of the
// batch, for any number of shares, even if a share holds only text.
func TestSharesOfPairs(t *testing.T) {
	m := smallGPT(t)
	s := newPairs(t, somePairs()[:2], rawText(t, 3, 8), 2)
	d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3, NLL: 0.2, Rehearse: 0.5})
	require.NoError(t, err)
	var whole PairBatch
	s.Batch(&whole, 1)
	cost := func(shares int) (sum float64, grads []float32) {
		twin := nn.Replica(d)
		for i := range shares {
			b, ok := whole.Share(i, shares)
			if !ok {
				continue
			}
			tape := autograd.NewTape()
			loss := twin.Loss(tape, b)
			sum += float64(loss.Data[0])
			tape.Backward(loss)
		}
		for _, p := range nn.Params(twin) {
			grads = append(grads, p.Grad...)
		}
		return sum, grads
	}
	want, grads := cost(1)
	for _, shares := range []int{2, 3, 5} {
		got, g := cost(shares)
		require.InDelta(t, want, got, 1e-5)
		require.InDeltaSlice(t, grads, g, 1e-5)
	}
}

// TestAccumulatedText checks that the text of all batches of a step has one mean.
func TestAccumulatedText(t *testing.T) {
	var b PairBatch
	newPairs(t, somePairs(), rawText(t, 2, 8), 2).Batch(&b, 0)
	require.Equal(t, b.Text.Targets(), b.Text.N)
	require.Equal(t, 3*b.Text.Targets(), b.Of(3*b.Rows()).Text.N)
}

// TestTies checks that a pair of equal scores is half right.
func TestTies(t *testing.T) {
	require.Equal(t, []float64{1, 0.5, 0}, []float64{wins(2, 1), wins(1, 1), wins(1, 2)})
}

func TestPairErrors(t *testing.T) {
	short := pair([]lm.Token{1}, []lm.Token{2}, []lm.Token{3})
	change := func(f func(*Pair)) []Pair {
		p := short
		f(&p)
		return []Pair{short, p}
	}
	for want, pairs := range map[string][]Pair{
		"the data has no pair":       nil,
		"pair 2: chosen is empty":    change(func(p *Pair) { p.Chosen = nil }),
		"pair 2: rejected is empty":  change(func(p *Pair) { p.Rejected = []lm.Token{} }),
		"chosen and rejected are eq": change(func(p *Pair) { p.Chosen = p.Rejected }),
		"want [END] after both":      change(func(p *Pair) { p.Chosen = []lm.Token{2} }),
		"rejected ends with token 14 twice": change(func(p *Pair) {
			p.Rejected = []lm.Token{3, end, end}
		}),
		"pair 2: rejected has 21 tokens after a prompt of 3; want at most 23 together": change(
			func(p *Pair) { p.Rejected = append(make21(), end) }),
		"1 marks of loss": change(func(p *Pair) { p.ChosenLoss = []bool{true} }),
		"did not write":   change(func(p *Pair) { p.ChosenLoss = []bool{true, false} }),
		"contains BOS":    change(func(p *Pair) { p.Prompt = []lm.Token{0} }),
	} {
		_, err := NewPairs(pairs, nil, PairOptions{Batch: 2, Context: 24})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := NewPairs([]Pair{short}, nil, PairOptions{Batch: 0, Context: 24})
	require.ErrorContains(t, err, "batches of 0 pairs")

	s := newPairs(t, []Pair{short}, nil, 2)
	for want, o := range map[string]DPOOptions{
		"beta is 0;":                   {},
		"beta is -1;":                  {Beta: -1},
		"beta is NaN;":                 {Beta: math.NaN()},
		"nll is -1;":                   {Beta: 1, NLL: -1},
		"rehearse is +Inf":             {Beta: 1, Rehearse: math.Inf(1)},
		"there is no text to rehearse": {Beta: 1, Rehearse: 1},
	} {
		_, err := NewDPO(t.Context(), smallGPT(t), s, o)
		require.ErrorContains(t, err, want)
	}
}

func make21() (tokens []lm.Token) {
	for i := range 20 {
		tokens = append(tokens, lm.Token(1+i%5))
	}
	return tokens
}

// TestOnePair checks that one pair is a batch, and that its answers may be only [END].
func TestOnePair(t *testing.T) {
	s := newPairs(t, []Pair{pair(nil, nil, []lm.Token{1})}, nil, 8)
	d, err := NewDPO(t.Context(), smallLlama(t), s, DPOOptions{Beta: 0.5})
	require.NoError(t, err)
	_, err = train.Run(t.Context(), train.Learner[PairBatch](d), s, dpoConfig(3))
	require.NoError(t, err)
}

// TestPairsAreAFunctionOfTheStep checks that each step has the same batch, in whatever order the
// steps are requested, that every pair occurs once in an epoch, and that a steady step allocates
// nothing.
func TestPairsAreAFunctionOfTheStep(t *testing.T) {
	a, b := newPairs(t, somePairs(), rawText(t, 2, 8), 2), newPairs(t, somePairs(),
		rawText(t, 2, 8), 2)
	var x, y PairBatch
	for _, step := range []int{9, 0, 4, 9, 2} {
		a.Batch(&x, step)
		b.Batch(&y, step+1)
		b.Batch(&y, step)
		require.Equal(t, x, y)
	}
	seen := map[int32]int{}
	for k := range 10 {
		seen[a.at(k)]++
	}
	for i := range int32(5) {
		require.Equal(t, 2, seen[i])
	}
	step := 0
	next := func() {
		a.Batch(&x, step)
		step++
	}
	for range 10 {
		next()
	}
	require.Zero(t, testing.AllocsPerRun(50, next))
}
