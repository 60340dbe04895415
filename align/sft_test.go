package align

import (
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

func conversations(t testing.TB, examples []prompt.Encoded, o SFTOptions) *Conversations {
	t.Helper()
	var raw train.Source[corpus.Batch]
	if o.Rehearsed() > 0 {
		raw = rawText(t, o.Rehearsed(), o.Context)
	}
	c, err := NewConversations(examples, raw, o)
	require.NoError(t, err)
	return c
}

// TestTargetsOfAConversation checks that the targets are shifted by one position, that the first is
// the token after the role and the last is [END], and that nothing else has a loss.
func TestTargetsOfAConversation(t *testing.T) {
	one := []prompt.Encoded{encoded([]lm.Token{1, 2}, []lm.Token{3, 4})}
	c := conversations(t, one, SFTOptions{Batch: 1, Context: 9, Mask: true})
	var b corpus.Batch
	c.Batch(&b, 0)
	require.Equal(t, []lm.Token{0, user, 1, 2, assistant, 3, 4, 0, 0}, b.X)
	require.Equal(t, []lm.Token{-1, -1, -1, -1, 3, 4, end, -1, -1}, b.Y)
	require.Equal(t, 3, b.N)

	c = conversations(t, one, SFTOptions{Batch: 1, Context: 9})
	c.Batch(&b, 0)
	require.Equal(t, []lm.Token{0, user, 1, 2, assistant, 3, 4, 0, 0}, b.X)
	require.Equal(t, []lm.Token{user, 1, 2, assistant, 3, 4, end, -1, -1}, b.Y)
}

// TestPackedIsAlone checks that the loss and the gradient of packed conversations are those of the
// separate conversations, in every model.
func TestPackedIsAlone(t *testing.T) {
	for name, m := range policies(t) {
		t.Run(name, func(t *testing.T) {
			c := conversations(t, someConversations(), SFTOptions{Batch: 2, Context: 24,
				Mask: true})
			require.Equal(t, 2, c.Rows(), "several conversations share a row")
			var b corpus.Batch
			c.Batch(&b, 0)

			alone := nn.Replica(m)
			sum := float32(0)
			for _, e := range someConversations() {
				one := conversations(t, []prompt.Encoded{e}, SFTOptions{Batch: 1,
					Context: len(e.Tokens), Mask: true})
				var part corpus.Batch
				one.Batch(&part, 0)
				tape := autograd.NewTape()
				loss := alone.Loss(tape, part.Of(b.N))
				sum += loss.Data[0]
				tape.Backward(loss)
			}
			tape := autograd.NewTape()
			loss := m.Loss(tape, b)
			require.InDelta(t, sum, loss.Data[0], 1e-6)
			tape.Backward(loss)
			params := nn.Params(m)
			for i, p := range nn.Params(alone) {
				require.InDeltaSlice(t, p.Grad, params[i].Grad, 1e-5, p.Name)
			}
		})
	}
}

// TestEveryConversationOnce checks that every target occurs once in an epoch.
func TestEveryConversationOnce(t *testing.T) {
	c := conversations(t, someConversations(), SFTOptions{Batch: 1, Context: 12, Mask: true})
	targets := 0
	for step := range c.Rows() {
		var b corpus.Batch
		c.Batch(&b, step)
		targets += b.N
	}
	want := 0
	for _, e := range someConversations() {
		for _, loss := range e.Loss {
			if loss {
				want++
			}
		}
	}
	require.Equal(t, want, targets)
}

// TestRehearsal checks that the given share of rows is pre-training text, with a loss on every
// token.
func TestRehearsal(t *testing.T) {
	o := SFTOptions{Batch: 8, Context: 12, Rehearse: 0.25, Mask: true}
	require.Equal(t, 2, o.Rehearsed())
	c := conversations(t, someConversations(), o)
	var b, raw corpus.Batch
	c.Batch(&b, 3)
	require.NoError(t, b.Validate())
	require.Equal(t, 8, b.B)
	rawText(t, 2, 12).Batch(&raw, 3)
	require.Equal(t, raw.X, b.X[6*12:])
	require.Equal(t, raw.Y, b.Y[6*12:])
	require.Equal(t, b.Targets(), b.N)

	for share, rows := range map[float64]int{0: 0, 0.01: 1, 0.5: 4, 0.99: 7} {
		o.Rehearse = share
		require.Equal(t, rows, o.Rehearsed(), "share %g", share)
	}
}

// TestConversationsAreAFunctionOfTheStep checks that each step has the same batch, in whatever
// order the steps are requested, and that another seed gives another order.
func TestConversationsAreAFunctionOfTheStep(t *testing.T) {
	o := SFTOptions{Batch: 3, Context: 12, Rehearse: 0.3, Mask: true, Seed: 1}
	a, b := conversations(t, someConversations(), o), conversations(t, someConversations(), o)
	o.Seed = 2
	other := conversations(t, someConversations(), o)
	var x, y, z corpus.Batch
	differs := false
	for _, step := range []int{7, 0, 3, 7, 100, 1} {
		a.Batch(&x, step)
		for s := range 3 {
			b.Batch(&y, s)
		}
		b.Batch(&y, step)
		require.Equal(t, x, y)
		other.Batch(&z, step)
		differs = differs || !equalTokens(x.X, z.X)
	}
	require.True(t, differs)
}

func equalTokens(a, b []lm.Token) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestConversationsAllocateNothing(t *testing.T) {
	c := conversations(t, someConversations(), SFTOptions{Batch: 8, Context: 12, Rehearse: 0.25,
		Mask: true})
	var b corpus.Batch
	step := 0
	next := func() {
		c.Batch(&b, step)
		step++
	}
	next()
	next()
	require.Zero(t, testing.AllocsPerRun(50, next))
}

func TestConversationErrors(t *testing.T) {
	good := SFTOptions{Batch: 4, Context: 12, Rehearse: 0.25, Mask: true}
	long := encoded([]lm.Token{1, 2, 3, 4, 5}, []lm.Token{1, 2, 3, 4, 5})
	silent := encoded([]lm.Token{1}, nil)
	for i := range silent.Loss {
		silent.Loss[i] = false
	}
	broken := encoded([]lm.Token{1}, nil)
	broken.Loss = broken.Loss[1:]
	split := encoded([]lm.Token{1, lm.BOS}, []lm.Token{2})
	for _, c := range []struct {
		want     string
		examples []prompt.Encoded
		raw      train.Source[corpus.Batch]
		change   func(*SFTOptions)
	}{
		{"the data has no conversation", nil, rawText(t, 1, 12), nil},
		{"conversation 2: it has 13 tokens; want at most 12",
			[]prompt.Encoded{encoded(nil, nil), long}, rawText(t, 1, 12), nil},
		{"conversation 1: the assistant says nothing", []prompt.Encoded{silent},
			rawText(t, 1, 12), nil},
		{"conversation 1: 4 tokens and 3 marks", []prompt.Encoded{broken}, rawText(t, 1, 12), nil},
		{"conversation 1: token 3 is BOS", []prompt.Encoded{split}, rawText(t, 1, 12), nil},
		{"there is no text to rehearse", someConversations(), nil, nil},
		{"batches of 2 rows by 12 tokens; want 1 by 12", someConversations(), rawText(t, 2, 12),
			nil},
		{"batches of 1 rows by 9 tokens; want 1 by 12", someConversations(), rawText(t, 1, 9), nil},
		{"rehearse is 1;", someConversations(), nil, func(o *SFTOptions) { o.Rehearse = 1 }},
		{"a batch has one row", someConversations(), nil, func(o *SFTOptions) { o.Batch = 1 }},
		{"want at least 1 by 1", someConversations(), nil, func(o *SFTOptions) { o.Context = 0 }},
	} {
		o := good
		if c.change != nil {
			c.change(&o)
		}
		_, err := NewConversations(c.examples, c.raw, o)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
}

// TestOneConversation checks that a single conversation fills the requested number of rows.
func TestOneConversation(t *testing.T) {
	c := conversations(t, someConversations()[:1], SFTOptions{Batch: 4, Context: 12, Mask: true})
	var b corpus.Batch
	c.Batch(&b, 0)
	require.Equal(t, 4*2, b.N)
}

// TestTrainedModelEndsItsAnswer checks that a fine-tuned model answers each question and then
// stops.
func TestTrainedModelEndsItsAnswer(t *testing.T) {
	m := smallGPT(t)
	c := conversations(t, someConversations(), SFTOptions{Batch: 4, Context: 24, Rehearse: 0.25,
		Mask: true})
	_, err := train.Run(t.Context(), train.Learner[corpus.Batch](m), c, sftConfig(150))
	require.NoError(t, err)
	for i, e := range someConversations() {
		from := len(e.Tokens)
		for j, loss := range e.Loss {
			if loss {
				from = min(from, j)
			}
		}
		require.Equal(t, e.Tokens[from:], greedy(m, e.Tokens[:from], 8), "conversation %d", i+1)
	}
}

// greedy continues a text up to [END], or by at most n tokens.
func greedy(m lm.Model, context []lm.Token, n int) (answer []lm.Token) {
	context = append([]lm.Token(nil), context...)
	for range n {
		best, probs := lm.Token(0), m.NextLogProbs(nil, context)
		for v := range probs {
			if probs[v] > probs[best] {
				best = lm.Token(v)
			}
		}
		answer, context = append(answer, best), append(context, best)
		if best == end {
			break
		}
	}
	return answer
}

func sftConfig(steps int) train.Config {
	c := train.Default()
	c.Batch, c.Context, c.Pieces, c.Steps = 4, 24, 3, steps
	c.LR, c.MinLR, c.Warmup, c.WeightDecay = 1e-2, 1e-3, 5, 0
	return c
}

// TestSFTGradients checks that the gradient of the masked loss is its slope.
func TestSFTGradients(t *testing.T) {
	c := conversations(t, someConversations()[:3], SFTOptions{Batch: 2, Context: 12, Mask: true})
	var b corpus.Batch
	c.Batch(&b, 0)
	nntest.CheckGradients(t, tinyPolicies(t)["llama"].(*transformer.Llama), b)
}
