package task

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/rnn"
	"lmzoo/train"
	"lmzoo/transformer"
)

const vocab = 12

// bodies returns a small body of every kind.
func bodies(t testing.TB) map[string]nn.Encoder {
	t.Helper()
	rng := nntest.Rand()
	gpt, err := transformer.New(transformer.Config{
		VocabSize: vocab, NPositions: 16, NEmbd: 6, NLayer: 2, NHead: 2,
	}, rng)
	require.NoError(t, err)
	elmo, err := rnn.NewELMo(rnn.ELMoConfig{VocabSize: vocab, NEmbd: 4, Layers: 2}, rng)
	require.NoError(t, err)
	gru, err := rnn.New(rnn.Config{
		Cell: "gru", VocabSize: vocab, NEmbd: 5, Hidden: 5, Layers: 1,
	}, rng)
	require.NoError(t, err)
	words, err := mlp.NewWord2Vec(mlp.Word2VecConfig{
		VocabSize: vocab, NEmbd: 6, Objective: mlp.SkipGram, Window: 2, Negative: 2, Power: .75,
	}, rng)
	require.NoError(t, err)
	return map[string]nn.Encoder{
		"gpt": nntest.Loud(gpt), "elmo": elmo, "gru": nntest.Loud(gru), "word2vec": words,
	}
}

func network(t testing.TB, body nn.Encoder, pool Pool, mixed bool) *Network {
	t.Helper()
	n, err := New(body, 3, pool, mixed, nntest.Rand())
	require.NoError(t, err)
	for i := range n.Head.Weight.Data {
		n.Head.Weight.Data[i] = float32(math.Sin(float64(i)))
	}
	return n
}

func batch(texts ...Labelled) Batch {
	var b Batch
	b.fill(texts)
	return b
}

var someTexts = []Labelled{
	{[]lm.Token{3, 4, 5, 3}, 1}, {[]lm.Token{7}, 0}, {nil, 2}, {[]lm.Token{5, 5, 8, 9, 10, 11}, 2},
}

// The gradient of every parameter is the slope of the loss, including the auxiliary loss.
func TestNetworkGradients(t *testing.T) {
	for name, body := range bodies(t) {
		for _, pool := range Pools() {
			n := network(t, body, pool, name != "word2vec")
			n.Lambda = 0.5
			b := batch(someTexts...)
			nntest.CheckSlopes(t, n, func(tape *autograd.Tape) *autograd.Tensor {
				return n.Loss(tape, b)
			})
		}
	}
}

// By equations 4 and 5 of Radford et al. 2018, the loss is the mean over the labels plus λ times
// the mean over the tokens.
func TestAuxiliaryLoss(t *testing.T) {
	body := bodies(t)["gpt"].(*transformer.Model)
	n := network(t, body, Mean, false)
	b := batch(someTexts...)
	loss := func() float64 { return float64(n.Loss(autograd.NewForward(), b).Data[0]) }
	labels := loss()
	want := 0.0
	for i, p := range n.LogProbs(tokensOf(someTexts)) {
		want -= p[someTexts[i].Label] / float64(len(someTexts))
	}
	require.InDelta(t, want, labels, 1e-5)
	n.Lambda = 0.5
	tokens := float64(body.Loss(autograd.NewForward(), b.Batch.Of(b.Batch.Targets())).Data[0])
	require.InDelta(t, labels+0.5*tokens, loss(), 1e-5)
}

func tokensOf(texts []Labelled) (out [][]lm.Token) {
	for _, x := range texts {
		out = append(out, x.Tokens)
	}
	return out
}

// A text has the same probabilities alone as in a batch with longer texts.
func TestTextsInABatchDoNotTouch(t *testing.T) {
	for name, body := range bodies(t) {
		for _, pool := range Pools() {
			n := network(t, body, pool, name != "word2vec")
			together := n.LogProbs(tokensOf(someTexts))
			for i, x := range someTexts {
				alone := n.LogProbs([][]lm.Token{x.Tokens})[0]
				require.InDeltaSlice(t, alone, together[i], 1e-5, "%s, %s", name, pool)
				sum := 0.0
				for _, p := range together[i] {
					sum += math.Exp(p)
				}
				require.InDelta(t, 1, sum, 1e-9)
			}
		}
	}
}

// A frozen body is not trained, and pooling its layers first does not change the result.
func TestFrozenIsTheNetworkWithAFrozenBody(t *testing.T) {
	for name, body := range bodies(t) {
		n := network(t, body, Mean, name != "word2vec")
		b := batch(someTexts...)
		features := Features(body, Mean, tokensOf(someTexts))
		if n.Mix == nil {
			for i, layers := range features {
				features[i] = layers[len(layers)-1:]
			}
		}
		src := &pooled{features}
		f := &frozen{n.Mix, n.Head}
		got := float64(f.Loss(autograd.NewForward(), src.batch(someTexts)).Data[0])
		require.InDelta(t, float64(n.Loss(autograd.NewForward(), b).Data[0]), got, 1e-5, name)

		n.Freeze()
		for _, p := range nn.Params(n) {
			trained := slices.Contains(
				[]string{"head.weight", "head.bias", "mix.w", "mix.gamma"}, p.Name)
			require.Equal(t, trained, p.Grad != nil, p.Name)
		}
	}
}

type pooled struct{ all [][][]float32 }

func (s *pooled) batch(texts []Labelled) featureBatch {
	b := featureBatch{layers: make([][]float32, len(s.all[0])), n: len(texts)}
	for i, x := range texts {
		for j, f := range s.all[i] {
			b.layers[j] = append(b.layers[j], f...)
		}
		b.label = append(b.label, x.Label)
	}
	return b
}

// toy returns a task that a mean of vectors solves: one word of the text determines the label.
func toy(n int) (texts []Labelled) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range n {
		x := Labelled{Label: rng.Int32N(3)}
		for range 4 + rng.IntN(4) {
			x.Tokens = append(x.Tokens, 4+rng.Int32N(8))
		}
		x.Tokens[rng.IntN(len(x.Tokens))] = 1 + x.Label
		texts = append(texts, x)
	}
	return texts
}

func config(steps int) train.Config {
	c := train.Default()
	c.Batch, c.Context, c.Steps = 16, 1, steps
	c.LR, c.MinLR, c.Warmup, c.WeightDecay = 1e-2, 1e-3, 10, 0
	return c
}

// Fine-tuning solves the task, with the same bits on one thread and on two. A frozen body solves it
// less well.
func TestNetworkLearns(t *testing.T) {
	texts, test := toy(600), toy(700)[600:]
	for name := range bodies(t) {
		tuned := func(threads int) *Network {
			n := network(t, bodies(t)[name], Mean, false)
			c := config(600)
			c.Threads = threads
			_, err := train.Run(t.Context(), n, NewTexts(texts, c.Batch, 1), c)
			require.NoError(t, err)
			return n
		}
		one, two := tuned(1), tuned(2)
		require.Equal(t, one.LogProbs(tokensOf(test)), two.LogProbs(tokensOf(test)), name)
		require.Greater(t, accuracy(one, test), 0.95, name)

		frozen := network(t, bodies(t)[name], Mean, name != "word2vec")
		before := weightsOf(frozen.Body)
		_, err := FitFrozen(t.Context(), frozen, texts, config(300))
		require.NoError(t, err)
		require.Equal(t, before, weightsOf(frozen.Body), name)
		require.Greater(t, accuracy(frozen, test), 0.45, name)
	}
}

func accuracy(n *Network, texts []Labelled) float64 {
	right := 0
	for i, p := range n.LogProbs(tokensOf(texts)) {
		if int32(slices.Index(p, slices.Max(p))) == texts[i].Label {
			right++
		}
	}
	return float64(right) / float64(len(texts))
}

func weightsOf(model any) (all []float32) {
	for _, p := range nn.Params(model) {
		all = append(all, p.Data...)
	}
	return all
}

// Every epoch contains every text once, and the batch of a step depends only on its number.
func TestTextsAreDealtInEpochs(t *testing.T) {
	texts := make([]Labelled, 10)
	for i := range texts {
		texts[i] = Labelled{Tokens: []lm.Token{lm.Token(i + 1)}}
	}
	s := NewTexts(texts, 4, 3)
	count := map[lm.Token]int{}
	var b, again Batch
	for step := range 5 {
		s.Batch(&b, step)
		require.Equal(t, 4, b.Rows())
		for i := range b.B {
			count[b.X[i*b.T+1]]++
		}
	}
	for _, n := range count {
		require.Equal(t, 2, n)
	}
	s.Batch(&again, 4)
	require.Equal(t, b, again)
	require.Equal(t, 2, NewTexts(texts[:2], 4, 3).rows)
}

func TestNewRefuses(t *testing.T) {
	body := bodies(t)["gru"]
	for _, c := range []struct {
		classes int
		pool    Pool
		mixed   bool
		want    string
	}{
		{1, Mean, false, "1 classes; want at least 2"},
		{2, "max", false, `unknown pool "max"`},
	} {
		_, err := New(body, c.classes, c.pool, c.mixed, nntest.Rand())
		require.ErrorContains(t, err, c.want)
	}
	gru, err := rnn.New(rnn.Config{
		Cell: "gru", VocabSize: vocab, NEmbd: 3, Hidden: 5, Layers: 1,
	}, nntest.Rand())
	require.NoError(t, err)
	_, err = New(gru, 2, Mean, true, nntest.Rand())
	require.ErrorContains(t, err, "want one width")
}
