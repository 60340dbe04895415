package align

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/prompt"
	"lmzoo/transformer"
)

var toyPrompts = [][]lm.Token{{3, 5}, {3, 5}, {4}, {5, 6, 7, 8, 3}}

// toyTool writes two tokens after every rlResult, 7 and the number of tokens so far.
func toyTool(_ context.Context, r *Rollout) ([]lm.Token, error) {
	return []lm.Token{7, 3 + lm.Token(len(r.Own)%5)}, nil
}

func toySampling() Sampling {
	return Sampling{Samples: 30, Max: 8, Window: 16, Ends: []lm.Token{rlEnd}, Result: rlResult,
		Insert: toyTool, Seed: 5}
}

// TestRolloutsAreScored checks that the log-probabilities are those of the model for the tokens
// that it drew, at the right positions, and 0 for the results of tools, and that an answer ends at
// its first end token.
func TestRolloutsAreScored(t *testing.T) {
	m := toyGPT(t, 1)
	all, err := Sample(t.Context(), m, toyPrompts, toySampling())
	require.NoError(t, err)
	require.Len(t, all, 120)
	inserted, ended, truncated := 0, 0, 0
	for i, r := range all {
		require.Equal(t, i/30, r.Prompt)
		require.Equal(t, i%30, r.Sample)
		require.Equal(t, toyPrompts[r.Prompt], r.Tokens[:r.Start])
		require.Len(t, r.Own, len(r.Answer()))
		scores := lm.Score(m, r.Tokens)
		sum := 0.0
		for j, tok := range r.Answer() {
			if !r.Own[j] {
				require.Zero(t, r.LogProbs[j])
				inserted++
				continue
			}
			require.InDelta(t, scores[r.Start+j], r.LogProbs[j], 1e-4)
			sum += scores[r.Start+j]
			if j > 0 && r.Answer()[j-1] == rlResult {
				require.Fail(t, "no result after a call")
			}
			last := j == len(r.Own)-1
			if tok == rlEnd || tok == lm.BOS {
				require.True(t, last, "the answer goes on after its end")
				require.False(t, r.Truncated)
				ended++
			} else if last {
				require.True(t, r.Truncated)
			}
		}
		require.InDelta(t, sum, r.LogProb(), 1e-3)
		if r.Truncated {
			truncated++
			require.True(t, len(r.Own) == 8 || len(r.Tokens) == 16)
		}
	}
	require.Greater(t, inserted, 20)
	require.Greater(t, ended, 20)
	require.Greater(t, truncated, 20)
}

// TestRolloutsAreAFunctionOfTheirNumbers checks that the other prompts, the threads and the size of
// the group change nothing, and that the seed, the step and the sample do.
func TestRolloutsAreAFunctionOfTheirNumbers(t *testing.T) {
	m, o := toyGPT(t, 1), toySampling()
	all, err := Sample(t.Context(), m, toyPrompts, o)
	require.NoError(t, err)
	o.Threads = 3
	threads, err := Sample(t.Context(), m, toyPrompts, o)
	require.NoError(t, err)
	require.Equal(t, all, threads)

	o.Samples = 7
	few, err := SampleNumbered(t.Context(), m, toyPrompts[2:], []int{2, 3}, o)
	require.NoError(t, err)
	for i := range 7 {
		require.Equal(t, all[60+i].Tokens, few[i].Tokens)
		require.Equal(t, all[90+i].Tokens, few[7+i].Tokens)
	}
	require.NotEqual(t, all[0].Answer(), all[1].Answer(), "sample")
	require.NotEqual(t, all[0].Answer(), all[30].Answer(), "number of the prompt")
	o.Step = 1
	later, err := Sample(t.Context(), m, toyPrompts, o)
	require.NoError(t, err)
	require.NotEqual(t, all[60].Answer(), later[14].Answer(), "step")
	o.Step, o.Seed = 0, 6
	other, err := Sample(t.Context(), m, toyPrompts, o)
	require.NoError(t, err)
	require.NotEqual(t, all[60].Answer(), other[14].Answer(), "seed")
}

// TestSamplesFollowTheDistribution checks that the frequencies of first tokens are their
// probabilities.
func TestSamplesFollowTheDistribution(t *testing.T) {
	die := lmtest.Die{0.1, 0.2, 0, 0.3, 0.4}
	const n = 20000
	all, err := Sample(t.Context(), die, [][]lm.Token{{1}}, Sampling{Samples: n, Max: 1})
	require.NoError(t, err)
	count := make([]float64, len(die))
	for _, r := range all {
		count[r.Answer()[0]]++
		require.InDelta(t, math.Log(die[r.Answer()[0]]), r.LogProbs[0], 1e-6)
	}
	for v, p := range die {
		require.InDelta(t, p, count[v]/n, 4*math.Sqrt(p*(1-p)/n)+1e-9)
	}
}

// TestSamplingFails checks that the errors of tools and models name the prompt, and that a
// cancelled context ends the sampling.
func TestSamplingFails(t *testing.T) {
	m, o := toyGPT(t, 1), toySampling()
	o.Insert = func(context.Context, *Rollout) ([]lm.Token, error) { return nil, errors.New("no") }
	_, err := Sample(t.Context(), m, toyPrompts, o)
	require.ErrorContains(t, err, ": no")
	require.ErrorContains(t, err, "prompt ")

	_, err = Sample(t.Context(), lmtest.Die{math.NaN(), 1}, toyPrompts[2:3], toySampling())
	require.ErrorIs(t, err, lm.ErrNoProbability)

	long := [][]lm.Token{{3}, make([]lm.Token, 16)}
	_, err = Sample(t.Context(), m, long, toySampling())
	require.EqualError(t, err,
		"prompt 2 has 16 tokens; want fewer than the model's window of 16")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Sample(ctx, m, toyPrompts, toySampling())
	require.ErrorIs(t, err, context.Canceled)
}

// TestUpdateReadsWhatWasDrawn checks that the rows of a batch give every drawn token the
// probability that the sampler gave it, without the results of tools, so the ratio of the first
// update is 1.
func TestUpdateReadsWhatWasDrawn(t *testing.T) {
	m := toyGPT(t, 1)
	task := toyTask(t, m)
	task.Result, task.Insert = rlResult, toyTool
	o := toyOptions(GRPO)
	o.Max = 9
	r, err := NewRL(t.Context(), task, o, toyConfig(3))
	require.NoError(t, err)
	require.NoError(t, r.rollOut(0))
	want := []lm.Token{}
	var old []float32
	inserted := 0
	for _, a := range r.rollouts {
		for j, own := range a.Own {
			if own {
				want, old = append(want, a.Answer()[j]), append(old, a.LogProbs[j])
			} else {
				inserted++
			}
		}
	}
	require.Greater(t, inserted, 5)
	require.Equal(t, want, r.batch.y)
	require.Equal(t, old, r.batch.old)
	again := make([]float32, len(want))
	r.read(m, nil, again)
	require.InDeltaSlice(t, old, again, 1e-4)
	require.InDeltaSlice(t, old, r.batch.reference, 1e-4)

	// in shares, too
	for n := range 5 {
		targets := 0
		for i := range n + 1 {
			if s, ok := r.batch.Share(i, n+1); ok {
				targets += s.Targets()
			}
		}
		require.Equal(t, len(want), targets)
	}
}

// spoken is a model that writes the tokens of a text at their positions.
type spoken struct {
	vocab int
	text  []lm.Token // the tokens after BOS
}

func (s spoken) Vocab() int { return s.vocab }

func (s spoken) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	dst = slices.Grow(dst[:0], s.vocab)[:s.vocab]
	for v := range dst {
		dst[v] = math.Inf(-1)
	}
	dst[s.text[len(context)]] = 0
	return dst
}

// TestToolsOfAUserAreNoTargets checks that the result of a call is in the answer, that neither its
// tokens nor [DONE] are targets of the update, that a result is bounded, and that calls beyond the
// limit fail.
func TestToolsOfAUserAreNoTargets(t *testing.T) {
	tok, err := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	require.NoError(t, err)
	l, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	tools, err := prompt.NewRegistry(prompt.Calculator{},
		prompt.NewTable("lookup", map[string]string{"all": strings.Repeat("x", 100)}))
	require.NoError(t, err)
	call := func(text string) []lm.Token {
		return append(tok.Encode([]lm.Token{l.Call}, text), l.Result)
	}
	said := func(text string) []lm.Token { return append(tok.Encode(nil, text), l.Done) }
	end := append(tok.Encode(nil, " it is 6"), l.End)
	x := said(" " + strings.Repeat("x", 63))
	none := []lm.Token{}
	for _, c := range []struct{ own, results [][]lm.Token }{
		{[][]lm.Token{call(" calculator 2 plus 4"), end}, [][]lm.Token{said(" 6")}},
		{[][]lm.Token{call(" lookup all"), end}, [][]lm.Token{x}},
		{[][]lm.Token{call("a"), call("b"), call("c"), call("d"), call("calculator 1"), end},
			[][]lm.Token{said(" error : unknown tool ; want calculator or lookup"),
				said(" error : unknown tool ; want calculator or lookup"),
				said(" error : unknown tool ; want calculator or lookup"),
				said(" error : unknown tool ; want calculator or lookup"),
				said(" error : more than 4 calls")}},
		{[][]lm.Token{append(tok.Encode(nil, " calculator 2"), l.Result), end},
			[][]lm.Token{none}}, // no call
	} {
		begin := l.Prompt([]prompt.Message{{Role: prompt.User, Content: "?"}})
		text, targets := slices.Clone(begin), []lm.Token{}
		for i, own := range c.own {
			text, targets = append(text, own...), append(targets, own...)
			if i < len(c.results) {
				text = append(text, c.results[i]...)
			}
		}
		o := toyOptions(GRPO)
		o.Prompts, o.Samples, o.Max = 1, 1, len(text)
		answers, err := Sample(t.Context(), spoken{tok.Vocab(), text}, [][]lm.Token{begin},
			Sampling{Samples: 1, Max: o.Max, Ends: []lm.Token{l.End}, Result: l.Result,
				Insert: InsertUserTools(l, tools)})
		require.NoError(t, err)
		require.Equal(t, text, answers[0].Tokens)
		b, batch := newBuffer(o, len(begin)), rlBatch{}
		b.store(answers)
		b.batch(&batch, o)
		require.Equal(t, targets, batch.y)
	}
}

// BenchmarkSample measures the tokens per second of 32 answers of 48 tokens, by a model of
// nanoGPT's recipe for a CPU and by a State, token by token.
func BenchmarkSample(b *testing.B) {
	m, err := transformer.New(transformer.Config{VocabSize: 65, NPositions: 64, NEmbd: 128,
		NLayer: 4, NHead: 4}, rand.New(rand.NewPCG(1, 2)))
	require.NoError(b, err)
	prompts := make([][]lm.Token, 32)
	for i := range prompts {
		prompts[i] = []lm.Token{5, 6, 7, 8, 9, 10, 11, lm.Token(12 + i)}
	}
	measure := func(name string, m lm.Model, threads, answers int) {
		b.Run(name, func(b *testing.B) {
			tokens := 0
			for b.Loop() {
				all, err := Sample(b.Context(), m, prompts[:answers],
					Sampling{Samples: 1, Max: 48, Window: 64, Threads: threads})
				require.NoError(b, err)
				for _, r := range all {
					tokens += len(r.Own)
				}
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
	measure("1answer", m, 1, 1)
	measure("32answers", m, 1, 32)
	measure("32answers/2threads", m, 2, 32)
	measure("32answers/states", stateOnly{m}, 1, 32)
}

// stateOnly hides the streams of a model.
type stateOnly struct{ lm.Stepper }
