package transformer

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// texts returns documents of tokens 1 … 50 in which the token after v is v+1, so that every span is
// predictable.
func texts(n int) [][]lm.Token {
	rng := nntest.Rand()
	docs := make([][]lm.Token, n)
	for i := range docs {
		from := rng.Int32N(50)
		for k := range 5 + rng.Int32N(25) {
			docs[i] = append(docs[i], 1+(from+k)%50)
		}
		docs[i] = append(docs[i], lm.BOS)
	}
	return docs
}

// masking is the shape of a BERT of 50 tokens; [MASK] is 51 and [SEP] 52.
var masking = BERTConfig{VocabSize: 53, NPositions: 40, NEmbd: 4, NLayer: 1, NHead: 1}

func newSource(
	t *testing.T, cfg BERTConfig, b, rowLen int, ends func(lm.Token) bool,
) *MaskedSource {
	s, err := NewMaskedSource(cfg, texts(200), b, rowLen, 7, ends)
	require.NoError(t, err)
	return s
}

// TestBatchIsAFunctionOfTheStep: batches are the same in any order and from any source with the
// same seed, but differ with another seed.
func TestBatchIsAFunctionOfTheStep(t *testing.T) {
	for _, nsp := range []bool{false, true} {
		cfg := masking
		cfg.NSP = nsp
		one, two := newSource(t, cfg, 4, 40, nil), newSource(t, cfg, 4, 40, nil)
		var want [30]MaskedBatch
		for step := range want {
			one.Batch(&want[step], step)
			require.NoError(t, want[step].Validate())
		}
		var got MaskedBatch
		for _, step := range []int{29, 3, 17, 3, 0} {
			two.Batch(&got, step)
			require.Equal(t, want[step], got, "step %d", step)
		}
		other, err := NewMaskedSource(cfg, texts(200), 4, 40, 8, nil)
		require.NoError(t, err)
		other.Batch(&got, 3)
		require.NotEqual(t, want[3], got)
	}
}

// TestMasking checks the fraction of chosen tokens and 80/10/10 among them, and that nothing else
// is changed.
func TestMasking(t *testing.T) {
	for _, rate := range []float64{0, 0.4} {
		cfg := masking
		cfg.MaskRate = rate
		s := newSource(t, cfg, 8, 40, nil)
		var b MaskedBatch
		tokens, chosen, hidden, random := 0, 0, 0, 0
		for step := range 400 {
			s.Batch(&b, step)
			require.Equal(t, b.Targets(), b.N)
			require.Zero(t, b.Pairs)
			for i, x := range b.X {
				if x == lm.BOS || x == s.cfg.SepToken {
					require.Equal(t, lm.Token(-1), b.Y[i], "a special token is a target")
					continue
				}
				tokens++
				if b.Y[i] < 0 {
					require.NotEqual(t, s.cfg.MaskToken, x)
					continue
				}
				chosen++
				switch x {
				case s.cfg.MaskToken:
					hidden++
				case b.Y[i]:
				default:
					random++
				}
			}
		}
		want := rate
		if rate == 0 {
			want = 0.15
		}
		require.InDelta(t, want, float64(chosen)/float64(tokens), 0.015)
		require.InDelta(t, 0.8, float64(hidden)/float64(chosen), 0.015)
		// one draw in 50 gives the original token
		require.InDelta(t, 0.1*49/50, float64(random)/float64(chosen), 0.015)
	}
}

// TestEpochRestoresTheText: with the targets put back, an epoch contains every document once, with
// [SEP] at the end.
func TestEpochRestoresTheText(t *testing.T) {
	docs := texts(200)
	s := newSource(t, masking, 1, 40, nil)
	got := map[string]int{}
	rows := s.rows.(interface{ Rows() int }).Rows()
	var b MaskedBatch
	for step := range rows {
		s.Batch(&b, step)
		for i, y := range b.Y {
			if y >= 0 {
				b.X[i] = y
			}
		}
		for i := 0; i < len(b.X); i++ {
			if b.X[i] != lm.BOS || i+1 == len(b.X) || b.X[i+1] == lm.BOS {
				continue
			}
			end := i + 1
			for b.X[end] != s.cfg.SepToken {
				end++
			}
			got[string(runes(b.X[i+1:end]))]++
		}
	}
	want := map[string]int{}
	for _, doc := range docs {
		want[string(runes(doc[:len(doc)-1]))]++
	}
	require.Equal(t, want, got)
}

// runes converts tokens to a form that can become a map key.
func runes(tokens []lm.Token) (r []rune) {
	for _, tok := range tokens {
		r = append(r, 'A'+tok)
	}
	return r
}

func TestEveryDocumentHasATarget(t *testing.T) {
	cfg := masking
	cfg.MaskRate = 0.001
	s := newSource(t, cfg, 4, 40, nil)
	var b MaskedBatch
	s.Batch(&b, 0)
	docs := 0
	for i, x := range b.X {
		if x == lm.BOS && i+1 < len(b.X) && b.X[i+1] != lm.BOS {
			docs++
		}
	}
	require.Equal(t, docs, b.N)
}

func TestSourceRefuses(t *testing.T) {
	bad := masking
	bad.NLayer = 0
	pairs := masking
	pairs.NSP = true
	for want, f := range map[string]func() (*MaskedSource, error){
		"n_layer": func() (*MaskedSource, error) {
			return NewMaskedSource(bad, texts(9), 1, 40, 1, nil)
		},
		"shorter than 4": func() (*MaskedSource, error) {
			return NewMaskedSource(masking, texts(9), 1, 3, 1, nil)
		},
		"has no tokens": func() (*MaskedSource, error) {
			return NewMaskedSource(masking, nil, 1, 40, 1, nil)
		},
		"two documents": func() (*MaskedSource, error) {
			return NewMaskedSource(pairs, texts(1), 1, 40, 1, nil)
		},
		"rows of 5": func() (*MaskedSource, error) {
			return NewMaskedSource(pairs, texts(9), 1, 4, 1, nil)
		},
		"0 rows by 40 to": func() (*MaskedSource, error) {
			return NewMaskedSource(masking, texts(9), 0, 40, 1, nil)
		},
	} {
		_, err := f()
		require.ErrorContains(t, err, want)
	}
}

// TestBERTLearns: the model completes a sequence of numbers from both sides.
func TestBERTLearns(t *testing.T) {
	cfg := BERTConfig{VocabSize: 13, NPositions: 16, NEmbd: 16, NLayer: 1, NHead: 2, MaskRate: 0.4}
	var docs [][]lm.Token
	for first := range lm.Token(10) {
		var doc []lm.Token
		for k := range lm.Token(12) {
			doc = append(doc, 1+(first+k)%10)
		}
		docs = append(docs, append(doc, lm.BOS))
	}
	m, err := NewBERT(cfg, nntest.Rand())
	require.NoError(t, err)
	s, err := NewMaskedSource(cfg, docs, 8, 16, 7, nil)
	require.NoError(t, err)
	tape, adam := autograd.NewTape(), newAdam(nn.Params(m))
	var b MaskedBatch
	for step := range 1500 {
		s.Batch(&b, step)
		tape.Reset()
		tape.Backward(m.Loss(tape, b))
		adam.step(0.005 * (1 - float32(step)/1500))
	}
	text := []lm.Token{7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8}
	for i, want := range text {
		got := m.FillLogProbs(nil, text, i)
		require.Greater(t, math.Exp(got[want]), 0.8, "position %d", i)
	}
}

// adam is Adam (Kingma and Ba 2015) without bias correction, enough for a test.
type adam struct {
	params []nn.Param
	m, v   [][]float32
}

func newAdam(params []nn.Param) *adam {
	a := &adam{params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, len(p.Data)))
		a.v = append(a.v, make([]float32, len(p.Data)))
	}
	return a
}

func (a *adam) step(lr float32) {
	for k, p := range a.params {
		for i, g := range p.Grad {
			a.m[k][i] += 0.1 * (g - a.m[k][i])
			a.v[k][i] += 0.01 * (g*g - a.v[k][i])
			p.Data[i] -= lr * a.m[k][i] / (float32(math.Sqrt(float64(a.v[k][i]))) + 1e-8)
		}
		clear(p.Grad)
	}
}

// TestNoTargets checks that a share without a masked token or a pair has no loss, although no row
// of the last layer is read.
func TestNoTargets(t *testing.T) {
	for _, nsp := range []bool{false, true} {
		cfg := smallBERT
		cfg.NSP = nsp
		m := loudBERT(t, cfg)
		none := []int32{-1, -1, -1, -1, -1, -1, -1, -1}
		b := maskedBatch(2, 4, []lm.Token{0, 1, 2, 12, 0, 3, 4, 12}, none, none)
		b.N, b.Pairs = 5, 3 // of the whole step
		tape := autograd.NewTape()
		loss := m.Loss(tape, b)
		tape.Backward(loss)
		require.Zero(t, loss.Data[0])
		for _, p := range nn.Params(m) {
			require.Equal(t, make([]float32, len(p.Grad)), p.Grad, p.Name)
		}
	}
}
