package align

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/train"
	"lmzoo/transformer"
)

// The tokens of the toy tasks: 0 is BOS, and rlEnd ends an answer.
const (
	rlEnd    lm.Token = 1
	rlResult lm.Token = 2
)

func toyGPT(t testing.TB, seed uint64) *transformer.Model {
	m, err := transformer.New(transformer.Config{VocabSize: 9, NPositions: 16, NEmbd: 16, NLayer: 2,
		NHead: 2, Smear: true, InitializerRange: 0.1}, rand.New(rand.NewPCG(seed, 0)))
	require.NoError(t, err)
	return m
}

// toyTask rewards answers for every token that equals the prompt's last token.
func toyTask(t testing.TB, m Policy) RLTask {
	task := RLTask{Policy: m, Ends: []lm.Token{rlEnd}, Scorer: ScorerFunc(
		func(_ context.Context, r *Rollout) (float64, error) {
			right := 0.0
			for _, tok := range r.Answer() {
				if tok == r.Tokens[r.Start-1] {
					right++
				}
			}
			return right / 6, nil
		})}
	for i := range 10 {
		task.Prompts = append(task.Prompts, RLPrompt{Tokens: []lm.Token{3 + lm.Token(i)%2,
			5 + lm.Token(i)%4}, Name: fmt.Sprintf("toy:%d", i+1)})
	}
	return task
}

func toyOptions(algorithm string) RLOptions {
	o := DefaultRL(algorithm)
	o.Prompts, o.Samples, o.Max, o.Rehearse = 4, 8, 6, 0
	return o
}

func toyConfig(steps int) train.Config {
	c := train.Default()
	c.LR, c.MinLR, c.Warmup, c.Steps, c.WeightDecay = 1e-2, 1e-3, 5, steps, 0
	return c
}

func newTrainer(t testing.TB, task RLTask, o RLOptions, c train.Config) (*RL, *train.Trainer) {
	r, err := NewRL(t.Context(), task, o, c)
	require.NoError(t, err)
	tr, err := train.NewTrainerOf(r, c)
	require.NoError(t, err)
	return r, tr
}

// weightsOf returns all weights of a model.
func weightsOf(m any) (all []float32) {
	for _, p := range nn.Params(m) {
		all = append(all, p.Data...)
	}
	return all
}

// TestRLLearns checks that every algorithm raises the reward of a toy task from chance to nearly
// the maximum.
func TestRLLearns(t *testing.T) {
	for _, algorithm := range []string{Reinforce, PPO, GRPO} {
		t.Run(algorithm, func(t *testing.T) {
			o := toyOptions(algorithm)
			r, tr := newTrainer(t, toyTask(t, toyGPT(t, 1)), o, toyConfig(60*o.Inner))
			first, last := Report{}, Report{}
			_, err := tr.Run(t.Context(), func(_ context.Context, _ *train.Trainer,
				e train.Event) error {
				if p, fresh := r.Report(); e.Kind == train.Stepped && fresh {
					if last = p; p.Rollout == 0 {
						first = p
					}
				}
				return nil
			})
			require.NoError(t, err)
			t.Logf("%+v\n%+v", first, last)
			require.InDelta(t, 0, first.KL, 1e-4)
			require.InDelta(t, math.Log(9), first.Entropy, 0.3)
			require.Less(t, first.Reward, 0.25)
			require.Greater(t, last.Reward, 0.7)
			require.Greater(t, last.KL, 1.0)
			require.Less(t, last.Entropy, first.Entropy)
		})
	}
}

// TestRLDoesNotDependOnThreads checks that one and three threads give the same bits, with text to
// rehearse.
func TestRLDoesNotDependOnThreads(t *testing.T) {
	for _, algorithm := range []string{PPO, GRPO} {
		var all [][]float32
		for _, threads := range []int{1, 3} {
			o, c := toyOptions(algorithm), toyConfig(8)
			o.Prompts, o.Samples, o.Rehearse, c.Threads = 10, 7, 0.5, threads
			task := toyTask(t, toyGPT(t, 1))
			task.Raw = toyText(t)
			_, tr := newTrainer(t, task, o, c)
			_, err := tr.Run(t.Context())
			require.NoError(t, err)
			all = append(all, weightsOf(task.Policy))
		}
		require.Equal(t, all[0], all[1])
	}
}

func toyText(t testing.TB) train.Source[corpus.Batch] {
	docs := [][]lm.Token{{3, 4, 5, 6, 7, 8, 0}, {8, 7, 6, 5, 4, 3, 0}, {3, 3, 4, 4, 0}}
	w, err := corpus.NewWindows(docs, 3, 8, 1)
	require.NoError(t, err)
	return w
}

// TestRLResumesBetweenUpdates checks that a checkpoint between two updates with the same answers
// continues with the same bits, including the value head and its moments.
func TestRLResumesBetweenUpdates(t *testing.T) {
	for _, algorithm := range []string{PPO, GRPO, Reinforce} {
		t.Run(algorithm, func(t *testing.T) {
			o := toyOptions(algorithm)
			if algorithm != Reinforce {
				o.Inner = 3
			}
			o.Baseline = RunningBaseline
			path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
			c := toyConfig(9)

			m := toyGPT(t, 1)
			_, tr := newTrainer(t, toyTask(t, m), o, c)
			for i := range 9 {
				if i == 4 {
					require.NoError(t, tr.Save(path, nil))
				}
				_, err := tr.Step()
				require.NoError(t, err)
			}

			twin := toyGPT(t, 1)
			_, tr = newTrainer(t, toyTask(t, twin), o, c)
			require.NoError(t, tr.Resume(path, nil))
			require.Equal(t, 4, tr.Stats().Step)
			_, err := tr.Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, weightsOf(m), weightsOf(twin))
		})
	}
}

// TestFlatGroups checks that equal rewards give no gradient and no NaN, and are counted.
func TestFlatGroups(t *testing.T) {
	for _, floor := range []float64{0, 0.1} {
		o := toyOptions(GRPO)
		o.KL, o.Floor = 0, floor
		m := toyGPT(t, 1)
		task := toyTask(t, m)
		task.Scorer = ScorerFunc(func(context.Context, *Rollout) (float64, error) {
			return 0.1, nil
		})
		before := weightsOf(m)
		r, tr := newTrainer(t, task, o, toyConfig(3))
		stats, err := tr.Step()
		require.NoError(t, err)
		require.Zero(t, stats.GradNorm)
		p, fresh := r.Report()
		require.True(t, fresh)
		require.InDelta(t, 1, p.Flat, 0)
		require.InDelta(t, 0.1, p.Reward, 1e-6)
		require.Equal(t, before, weightsOf(m))
	}
}

// TestRewardThatIsNoNumber checks that the error names the prompt, and that the weights do not
// change.
func TestRewardThatIsNoNumber(t *testing.T) {
	m := toyGPT(t, 1)
	task := toyTask(t, m)
	task.Scorer = ScorerFunc(func(_ context.Context, r *Rollout) (float64, error) {
		if r.Prompt == 6 && r.Sample == 2 {
			return math.NaN(), nil
		}
		return 0, nil
	})
	o := toyOptions(GRPO)
	o.Prompts = 10
	_, tr := newTrainer(t, task, o, toyConfig(3))
	before := weightsOf(m)
	_, err := tr.Step()
	require.EqualError(t, err,
		"toy:7: roll-out 1, answer 3: the reward is NaN; want a number in "+
			"[−1e+09, 1e+09]")
	require.Equal(t, before, weightsOf(m))
}

// TestRewardsAreBounded: the squares of rewards must be finite.
func TestRewardsAreBounded(t *testing.T) {
	answers := make([]Rollout, 1)
	for _, r := range []float64{-1e9, 0, 1e9} {
		require.NoError(t, checkRewards([]float64{r}, answers))
	}
	for _, r := range []float64{-1e10, 1e300, math.Inf(1), math.NaN()} {
		require.ErrorContains(t, checkRewards([]float64{r}, answers), "; want a number in [−1e+09")
	}
}

// TestStopKL checks that the run ends when the policy has moved too far.
func TestStopKL(t *testing.T) {
	o := toyOptions(GRPO)
	o.KL, o.StopKL = 0, 0.5
	m := toyGPT(t, 1)
	r, tr := newTrainer(t, toyTask(t, m), o, toyConfig(1000))
	sum, err := tr.Run(t.Context())
	require.NoError(t, err)
	require.Less(t, sum.Step, 200)
	require.True(t, r.Finished())
	p, _ := r.Report()
	require.Greater(t, p.KL, 0.5)
	require.Less(t, p.KL, 2.0)
}

func TestRLErrors(t *testing.T) {
	for _, c := range []struct {
		change func(o *RLOptions)
		says   string
	}{
		{func(o *RLOptions) { o.Algorithm = "trpo" }, `algorithm is "trpo"`},
		{func(o *RLOptions) { o.Samples = 1 }, "samples is 1; want at least 2"},
		{func(o *RLOptions) { o.Prompts = 11 }, "prompts is 11; want at most 10"},
		{func(o *RLOptions) { o.Inner = 0 }, "inner is 0"},
		{func(o *RLOptions) { *o = toyOptions(Reinforce); o.Inner = 2 }, "inner is 2; want 1"},
		{func(o *RLOptions) { o.Clip = 1 }, "clip is 1"},
		{func(o *RLOptions) { o.KL = math.NaN() }, "kl is NaN"},
		{func(o *RLOptions) { o.KL = math.Inf(1) }, "kl is +Inf; want 0 to 1000"},
		{func(o *RLOptions) { o.StopKL = -1 }, "stop_kl is -1"},
		{func(o *RLOptions) { o.StopKL = math.NaN() }, "stop_kl is NaN"},
		{func(o *RLOptions) { o.Rehearse = 1 }, "no text to rehearse"},
		{func(o *RLOptions) { o.Length = "tokens" }, `length is "tokens"`},
		{func(o *RLOptions) { *o = toyOptions(PPO); o.Normalise = GroupScale }, "batch or none"},
	} {
		o := toyOptions(GRPO)
		c.change(&o)
		_, err := NewRL(t.Context(), toyTask(t, toyGPT(t, 1)), o, toyConfig(3))
		require.ErrorContains(t, err, c.says)
	}
	task := toyTask(t, toyGPT(t, 1))
	for _, most := range []int{1 << 20, math.MaxInt} {
		o := toyOptions(GRPO)
		o.Max = most
		_, err := NewRL(t.Context(), task, o, toyConfig(3))
		require.ErrorContains(t, err, fmt.Sprintf("prompts × samples × tokens is 4 × 8 × (2 + "+
			"max_tokens %d); want at most 1048576: lower one of them", most))
	}
	task.Prompts[3].Tokens = make([]lm.Token, 16)
	_, err := NewRL(t.Context(), task, toyOptions(GRPO), toyConfig(3))
	require.ErrorContains(t, err, "toy:4: the prompt has 16 tokens; want fewer than 16, the "+
		"model's window: ")
}

// BenchmarkRL measures roll-outs of 24 × 8 answers and their two updates, by a model of 0.2 million
// parameters whose answers have about ten tokens.
func BenchmarkRL(b *testing.B) {
	m, err := transformer.New(transformer.Config{VocabSize: 377, NPositions: 64, NEmbd: 64,
		NLayer: 3, NHead: 2, Smear: true}, rand.New(rand.NewPCG(1, 2)))
	require.NoError(b, err)
	task := RLTask{Policy: m, Scorer: ScorerFunc(
		func(_ context.Context, r *Rollout) (float64, error) {
			return float64(r.Sample), nil
		})}
	for i := range 100 {
		prompt := make([]lm.Token, 6+i%5)
		for j := range prompt {
			prompt[j] = 1 + lm.Token(7*i+3*j)%376
		}
		task.Prompts = append(task.Prompts, RLPrompt{Tokens: prompt})
	}
	for i := range 36 {
		task.Ends = append(task.Ends, lm.Token(10*i+5))
	}
	for _, algorithm := range []string{Reinforce, PPO, GRPO} {
		b.Run(algorithm, func(b *testing.B) {
			o := DefaultRL(algorithm)
			o.Rehearse = 0
			c := toyConfig(1 << 20)
			c.LR, c.MinLR = 1e-9, 0
			_, tr := newTrainer(b, task, o, c)
			for b.Loop() {
				for range o.Inner {
					_, err := tr.Step()
					require.NoError(b, err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "roll-outs/s")
		})
	}
}

// TestRLReadsWithoutDropout checks that an update reads the answers without dropout, as they were
// drawn, but the text with dropout.
func TestRLReadsWithoutDropout(t *testing.T) {
	m, err := transformer.New(transformer.Config{VocabSize: 9, NPositions: 16, NEmbd: 16, NLayer: 2,
		NHead: 2, Dropout: 0.3, InitializerRange: 0.1}, rand.New(rand.NewPCG(1, 0)))
	require.NoError(t, err)
	o := toyOptions(GRPO)
	r, _ := newTrainer(t, toyTask(t, m), o, toyConfig(3))
	require.NoError(t, r.rollOut(0))
	loss := func(b rlBatch, dice *rand.Rand) float32 {
		tape := autograd.NewTape()
		tape.Rand = dice
		y := r.learner.Loss(tape, b).Data[0]
		require.Equal(t, dice, tape.Rand)
		return y
	}
	var b rlBatch
	r.Batch(&b, 0)
	dice := rand.New(rand.NewPCG(5, 6))
	require.Equal(t, loss(b, nil), loss(b, dice)) // the same bits
	toyText(t).Batch(&b.raw, 0)
	b.raw = b.raw.Of(b.raw.Targets())
	r.o.Rehearse = 1
	require.NotEqual(t, loss(b, nil), loss(b, dice))
}
