package align

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/train"
)

// table is a Policy without a network: it has a row of logits for the next token after each token.
// It can represent every distribution over the answers of a tabularProblem.
type table struct {
	Logits *autograd.Tensor `param:"logits"` // [V, V]

	identity *autograd.Tensor
}

func newTable(v int) *table {
	m := &table{Logits: nn.Zeros(v, v),
		identity: autograd.NewConst(v, v, make([]float32, v*v))}
	for i := range v {
		m.identity.Row(i)[i] = 1
	}
	return m
}

func (m *table) Vocab() int { return m.Logits.Rows }

func (m *table) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	return []*autograd.Tensor{t.Embedding(m.Logits, b.X)} // [B·T, V]
}

func (m *table) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	return m.HeadLoss(t, m.Hidden(t, b)[0], b.Y, b.N)
}

func (m *table) HeadLoss(t *autograd.Tape, h *autograd.Tensor, y []lm.Token,
	n int) *autograd.Tensor {
	return t.HeadLoss(h, m.identity, nil, y, n)
}

func (m *table) HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor {
	return t.HeadLogProbs(h, m.identity, nil, y)
}

func (m *table) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	last := lm.BOS
	if n := len(context); n > 0 {
		last = context[n-1]
	}
	return nn.LogSoftmax(autograd.NewForward(), dst, m.Logits.Row(int(last)))
}

// tabularProblem has few prompts and few answers of one token, each followed by [END], so that the
// best policy under a KL penalty is known in closed form (Rafailov et al. 2023, equation 4):
//
//	π*(y|x) ∝ π_ref(y|x)·exp(r(x, y)/β)
type tabularProblem struct {
	prompts, answers []lm.Token
	end              lm.Token
	weight           [][]int     // [prompts][answers] exp of the reward
	reference        [][]float64 // [prompts][answers] π_ref
}

func someTabularProblem() tabularProblem {
	return tabularProblem{
		prompts: []lm.Token{5, 6}, answers: []lm.Token{1, 2, 3, 4}, end: 7,
		weight:    [][]int{{1, 2, 3, 4}, {3, 1, 1, 2}},
		reference: [][]float64{{0.4, 0.3, 0.2, 0.1}, {0.1, 0.2, 0.6, 0.1}},
	}
}

// policy returns the reference as a Policy.
func (p tabularProblem) policy() *table {
	const never = -40
	m := newTable(int(p.end) + 1)
	for i := range m.Logits.Data {
		m.Logits.Data[i] = never
	}
	for i, x := range p.prompts {
		for j, y := range p.answers {
			m.Logits.Row(int(x))[y] = float32(math.Log(p.reference[i][j]))
			m.Logits.Row(int(y))[p.end] = 0
		}
	}
	return m
}

// reward returns r(x, y) of prompt i and answer j.
func (p tabularProblem) reward(i, j int) float64 { return math.Log(float64(p.weight[i][j])) }

// optimum returns π* for a weight β of the KL penalty, [prompts][answers].
func (p tabularProblem) optimum(beta float64) [][]float64 {
	best := make([][]float64, len(p.prompts))
	for i := range best {
		sum := 0.0
		for j := range p.answers {
			best[i] = append(best[i], p.reference[i][j]*math.Exp(p.reward(i, j)/beta))
			sum += best[i][j]
		}
		for j := range best[i] {
			best[i][j] /= sum
		}
	}
	return best
}

// distribution returns π of a policy, [prompts][answers].
func (p tabularProblem) distribution(m lm.Model) [][]float64 {
	out := make([][]float64, len(p.prompts))
	for i, x := range p.prompts {
		probs := m.NextLogProbs(nil, []lm.Token{x})
		for _, y := range p.answers {
			out[i] = append(out[i], math.Exp(probs[y]))
		}
	}
	return out
}

// requireOptimum tests that every probability of a policy is within tol of the optimum's.
func (p tabularProblem) requireOptimum(t testing.TB, m lm.Model, beta, tol float64) {
	t.Helper()
	want, got := p.optimum(beta), p.distribution(m)
	for i := range want {
		require.InDeltaSlice(t, want[i], got[i], tol, "prompt %d: want %.4f, got %.4f", i, want[i],
			got[i])
	}
}

// pairs returns the choices of people who follow Bradley and Terry's model exactly: they prefer a
// to b with probability w_a/(w_a + w_b), so each pair occurs w_a times in this order and w_b times
// in the reverse order.
func (p tabularProblem) pairs() (pairs []Pair) {
	for i, x := range p.prompts {
		for a := range p.answers {
			for b := range p.answers {
				for range p.weight[i][a] {
					if a != b {
						pairs = append(pairs, Pair{Prompt: []lm.Token{x},
							Chosen:   []lm.Token{p.answers[a], p.end},
							Rejected: []lm.Token{p.answers[b], p.end}})
					}
				}
			}
		}
	}
	return pairs
}

// TestDPOReachesTheOptimum checks that DPO ends at π* for every β if the preferences follow the
// rewards exactly (Rafailov et al. 2023, theorem 1).
func TestDPOReachesTheOptimum(t *testing.T) {
	p := someTabularProblem()
	for _, beta := range []float64{0.5, 1, 2} {
		t.Run(fmt.Sprint(beta), func(t *testing.T) {
			m := p.policy()
			pairs, err := NewPairs(p.pairs(), nil, PairOptions{Batch: 1000, Context: 4})
			require.NoError(t, err)
			d, err := NewDPO(t.Context(), m, pairs, DPOOptions{Beta: beta})
			require.NoError(t, err)
			require.InDelta(t, 0, maxDifference(p.reference, p.distribution(m)), 1e-6)
			require.Greater(t, maxDifference(p.reference, p.optimum(beta)), 0.1)
			c := dpoConfig(600)
			c.LR, c.MinLR = 0.05, 0.0005
			_, err = train.Run(t.Context(), train.Learner[PairBatch](d), pairs, c)
			require.NoError(t, err)
			p.requireOptimum(t, m, beta, 1e-3)
		})
	}
}

func maxDifference(a, b [][]float64) (most float64) {
	for i := range a {
		for j := range a[i] {
			most = max(most, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return most
}

// TestRewardReachesTheRewards checks that a reward model trained on the same preferences ends at
// the rewards, up to a constant for each prompt.
func TestRewardReachesTheRewards(t *testing.T) {
	p := someTabularProblem()
	pairs, err := NewPairs(p.pairs(), nil, PairOptions{Batch: 1000, Context: 4})
	require.NoError(t, err)
	r := NewReward(&lastTwo{Table: nn.Zeros(64, 64)}, rand.New(rand.NewPCG(1, 1)))
	c := dpoConfig(600)
	c.LR, c.MinLR = 0.05, 0.0005
	_, err = train.Run(t.Context(), train.Learner[PairBatch](r), pairs, c)
	require.NoError(t, err)
	for i, x := range p.prompts {
		zero := r.Score([]lm.Token{x, p.answers[0], p.end}) - p.reward(i, 0)
		for j, y := range p.answers {
			require.InDelta(t, p.reward(i, j), r.Score([]lm.Token{x, y, p.end})-zero, 5e-3)
		}
	}
}
