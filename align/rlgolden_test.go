package align

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// rlGolden holds the losses that PyTorch computes; testdata/rl.py writes them.
type rlGolden struct {
	Own                            [][]int
	Rewards                        []float64
	Samples, Most                  int
	Clip, KL, Lambda, Floor, Value float64
	New, Old, Reference, Values    [][]float64
	GRPO                           []struct {
		Normalise, Length string
		Advantages        []float64
		Loss              float64
		Grad              [][]float64
	}
	PPO []struct {
		Normalise           string
		Advantages, Targets [][]float64
		PolicyLoss          float64 `json:"policy_loss"`
		ValueLoss           float64 `json:"value_loss"`
		Loss                float64
		Grad                [][]float64
		ValueGrad           [][]float64 `json:"value_grad"`
	}
}

func readRLGolden(t *testing.T) *rlGolden {
	data, err := os.ReadFile("testdata/rl.json")
	require.NoError(t, err)
	g := new(rlGolden)
	require.NoError(t, json.Unmarshal(data, g))
	return g
}

// drawn returns the values of the drawn tokens, answer after answer.
func (g *rlGolden) drawn(values [][]float64) (flat []float32) {
	for i, own := range g.Own {
		for j, o := range own {
			if o > 0 {
				flat = append(flat, float32(values[i][j]))
			}
		}
	}
	return flat
}

// buffer returns the roll-out of the golden file.
func (g *rlGolden) buffer(o RLOptions) (*buffer, *rlBatch) {
	var answers []Rollout
	for i, own := range g.Own {
		r := Rollout{Prompt: i / g.Samples, Sample: i % g.Samples, Tokens: []lm.Token{1, 2},
			Start: 2}
		for j, o := range own {
			p := 0.0
			if o > 0 {
				p = g.Old[i][j]
			}
			r.add(lm.Token(3+j), o > 0, float32(p))
		}
		answers = append(answers, r)
	}
	b, batch := newBuffer(o, 2), new(rlBatch)
	b.store(answers)
	copy(b.reference, g.drawn(g.Reference))
	copy(b.values, g.drawn(g.Values))
	b.judge(g.Rewards, o)
	b.batch(batch, o)
	return b, batch
}

func (g *rlGolden) options(algorithm string) RLOptions {
	o := DefaultRL(algorithm)
	o.Prompts, o.Samples, o.Max = len(g.Rewards)/g.Samples, g.Samples, g.Most
	o.Clip, o.KL, o.Lambda, o.Floor, o.Value = g.Clip, g.KL, g.Lambda, g.Floor, g.Value
	return o
}

// leaf returns a column of values that needs a gradient.
func leaf(values []float32) *autograd.Tensor {
	x := autograd.NewParam(len(values), 1)
	copy(x.Data, values)
	return x
}

// near requires a relative difference of at most 1e-4.
func near(t *testing.T, want, got []float32) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, w := range want {
		require.InDelta(t, w, got[i], 1e-4*max(0.01, math.Abs(float64(w))), "element %d", i)
	}
}

func TestRLGolden(t *testing.T) {
	g := readRLGolden(t)
	for _, c := range g.GRPO {
		o := g.options(GRPO)
		o.Normalise, o.Length = c.Normalise, c.Length
		b, batch := g.buffer(o)
		for i, want := range c.Advantages {
			from, to := b.span(i)
			for _, a := range b.advantage[from:to] {
				require.InDelta(t, want, a, 1e-6)
			}
		}
		p, tape := leaf(g.drawn(g.New)), autograd.NewTape()
		l := rlLearner{o: &o}
		loss := tokenLoss(tape, p, l.objective(batch), batch.weight)
		tape.Backward(loss)
		require.InEpsilon(t, c.Loss, loss.Data[0], 1e-4)
		near(t, g.drawn(c.Grad), p.Grad)
	}
	for _, c := range g.PPO {
		o := g.options(PPO)
		o.Normalise = c.Normalise
		b, batch := g.buffer(o)
		if c.Normalise == NoScale {
			near(t, g.drawn(c.Advantages), b.advantage[:len(batch.y)])
		}
		near(t, g.drawn(c.Targets), b.target[:len(batch.y)])
		p, v, tape := leaf(g.drawn(g.New)), leaf(g.drawn(g.Values)), autograd.NewTape()
		l := rlLearner{o: &o}
		policy := tokenLoss(tape, p, l.objective(batch), batch.weight)
		value := valueLoss(tape, v, batch.terms)
		loss := tape.Add(policy, tape.Scale(value, float32(o.Value)))
		tape.Backward(loss)
		require.InEpsilon(t, c.PolicyLoss, policy.Data[0], 1e-4)
		require.InEpsilon(t, c.ValueLoss, value.Data[0], 1e-4)
		require.InEpsilon(t, c.Loss, loss.Data[0], 1e-4)
		near(t, g.drawn(c.Grad), p.Grad)
		near(t, g.drawn(c.ValueGrad), v.Grad)
	}
}
