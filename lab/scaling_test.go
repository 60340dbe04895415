package lab

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/mlp"
)

// The limit is the entropy of the answers that the source draws, and it draws each rank as often as
// it says.
func TestZipf(t *testing.T) {
	z := newZipf(7)
	var b questions
	zipfQuestions{source: z, rows: 40_000, seed: 7}.Batch(&b, 3)
	rank := map[[3]int32]int{}
	for r := range zipfContexts {
		c := z.appendContext(nil, r)
		rank[[3]int32(c)] = r
	}
	require.Len(t, rank, zipfContexts, "every context has one rank")
	p, q := zipfProbabilities()
	require.InDelta(t, 1, p+(zipfSymbols-1)*q, 1e-12)
	nats, first := 0.0, 0.0
	for i, y := range b.answers {
		r := rank[[3]int32(b.contexts[i*zipfLength:][:zipfLength])]
		if r == 0 {
			first++
		}
		if z.favourite[r] == y {
			nats -= math.Log(p)
		} else {
			nats -= math.Log(q)
		}
	}
	n := float64(len(b.answers))
	require.InDelta(t, zipfLimit(), nats/n, 0.03)
	require.InDelta(t, z.frequencies()[0], first/n, 0.01)

	var again, other questions
	zipfQuestions{source: z, rows: 40_000, seed: 7}.Batch(&again, 3)
	require.Equal(t, b, again)
	zipfQuestions{source: z, rows: 40_000, seed: 7}.Batch(&other, 4)
	require.NotEqual(t, b, other)
}

// A network that predicts all symbols alike has the excess ln 64 − H, and one that has learned has
// less; the same seed gives the same bits.
func TestZipfExcess(t *testing.T) {
	if testing.Short() {
		t.Skip("scores every context")
	}
	z := newZipf(7)
	m, err := mlp.New(mlp.Config{VocabSize: zipfSymbols, Context: zipfLength, NEmbd: 2, Hidden: 2},
		rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, err)
	clear(m.U.Data)
	require.InDelta(t, math.Log(zipfSymbols)-zipfLimit(), z.evaluate(m).excess, 1e-6)
	r := scalingRun{hidden: 16, budget: 2e7}
	require.NoError(t, r.train(t.Context(), z, 7))
	require.Less(t, r.excess, 2.5)
	s := scalingRun{hidden: 16, budget: 2e7}
	require.NoError(t, s.train(t.Context(), z, 7))
	require.Equal(t, r, s)
}

func TestPowerLaw(t *testing.T) {
	x := []float64{1, 2, 4, 8, 16}
	var y, bowl []float64
	for i, v := range x {
		y = append(y, 3*math.Pow(v, -0.4)*[]float64{1, 1.01, 1, 0.99, 1}[i])
		bowl = append(bowl, 2*math.Exp(0.1*math.Pow(math.Log(v/5), 2)))
	}
	l := fitLine(logs(x), logs(y))
	require.InDelta(t, -0.4, l.slope, 0.01)
	require.Less(t, l.low, -0.4)
	require.Greater(t, l.high, -0.4)
	require.Greater(t, l.r2, 0.99)
	bestX, bestY, inside := valley(x, bowl)
	require.InDelta(t, 5, bestX, 1e-6)
	require.InDelta(t, 2, bestY, 1e-6)
	require.True(t, inside)
	_, _, inside = valley(x, y)
	require.False(t, inside, "a slope has no bottom")

	var n, d, excess []float64
	truth := surface{lnA: 3, a: 0.5, lnB: 2.5, b: 0.33}
	for _, p := range []float64{1e3, 4e3, 16e3} {
		for _, q := range []float64{1e4, 1e5, 1e6} {
			n, d, excess = append(n, p), append(d, q), append(excess, truth.at(p, q))
		}
	}
	s := fitSurface(n, d, excess)
	require.InDelta(t, truth.a, s.a, 1e-3)
	require.InDelta(t, truth.b, s.b, 1e-3)
	require.Less(t, s.rms, 1e-4)
	require.Greater(t, s.agree, 0.8)
}

// planted returns runs whose excess is a given function of the compute, at the best size.
func planted(excess func(flops float64) float64, fixed float64) []budget {
	runs := scalingPlan(8)
	for i := range runs {
		r := &runs[i]
		r.params = (zipfLength*16+1+zipfSymbols)*float64(r.hidden) + zipfSymbols
		r.answers = r.budget / (6 * r.params)
		off := math.Log(r.params / (4300 * math.Pow(r.budget/scalingFirst, 0.4)))
		r.excess = excess(r.budget) * math.Exp(0.05*off*off)
		if r.hidden == scalingBest {
			r.excess = fixed
		}
	}
	return byBudget(runs)
}

// The verdict holds for a law with an exponent, and not for one without, nor if the size does not
// matter.
func TestScalingVerdict(t *testing.T) {
	power := func(c float64) float64 { return 0.25 * math.Pow(c/scalingFirst, -0.2) }
	v := scalingVerdict(1, planted(power, 0.2))
	require.True(t, v.Held, v.Measures)
	require.InDelta(t, -0.2, v.Measures["exponent"], 1e-3)
	require.InDelta(t, 0.4, v.Measures["size_exponent"], 0.01)
	require.InDelta(t, 0, v.Measures["error"], 1e-3)
	straight := func(c float64) float64 { return 0.25 - 0.03*math.Log(c/scalingFirst) }
	require.False(t, scalingVerdict(1, planted(straight, 0.2)).Held)
	require.False(t, scalingVerdict(1, planted(power, 0.05)).Held, "one size is as good")
	stalled := func(c float64) float64 { return max(power(c), 0.16) }
	require.False(t, scalingVerdict(1, planted(stalled, 0.2)).Held)
}
