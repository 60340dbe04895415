package align

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Reward is a reward model: a pre-trained body and a linear head that reads the hidden vector at
// the last token of the answer (Ouyang et al. 2022, §3.5; Stiennon et al. 2020, §3.4). It learns
// from pairs to score the chosen answer y_w above the rejected answer y_l, as if people chose by
// Bradley and Terry's (1952) model (Ouyang et al. 2022, equation 1, with K = 2):
//
//	loss = −ln σ(r(x, y_w) − r(x, y_l)) + c·(r(x, y_w)² + r(x, y_l)²)/2
//
// The first term depends only on differences of the score r; the second, with c = Center, fixes the
// zero of the scores.
type Reward struct {
	Body nn.Encoder  `param:"body"`
	Head *nn.LinearT `param:"head,output"` // [1, C]

	Center  float64 // weight of the mean square of the scores (0: none)
	Threads int     // threads of Scores; any number gives the same bits
}

// NewReward returns a reward model with a new head over a body. The weights of the head are drawn
// from N(0, 1/(C+1)) (Stiennon et al. 2020), so that scores initially have a variance of about 1.
func NewReward(body nn.Encoder, rng *rand.Rand) *Reward {
	c := channels(body)
	return &Reward{Body: body, Head: &nn.LinearT{
		Weight: nn.Normal(1, c, 1/math.Sqrt(float64(c+1)), rng), Bias: nn.Zeros(1, 1),
	}}
}

// Loss returns the mean loss over the pairs of the step, in nats.
func (r *Reward) Loss(t *autograd.Tape, b PairBatch) *autograd.Tensor {
	o := slopeOp{x: r.scores(t, b), y: t.New(1, 1), slopes: t.Scratch(b.B)}
	sum, n := 0.0, float64(b.Total)
	for i := 0; i < b.B; i += 2 {
		w, l := float64(o.x.Data[i]), float64(o.x.Data[i+1])
		sum += -logSigmoid(w-l) + r.Center*(w*w+l*l)/2
		slope := sigmoid(l - w)
		o.slopes[i] = float32((-slope + r.Center*w) / n)
		o.slopes[i+1] = float32((slope + r.Center*l) / n)
	}
	o.y.Data[0] = float32(sum / n)
	autograd.Record(t, o)
	return o.y
}

// scores returns the score of every row [2P, 1].
func (r *Reward) scores(t *autograd.Tape, b PairBatch) *autograd.Tensor {
	layers := r.Body.Hidden(t, b.Batch)
	last := t.Embedding(layers[len(layers)-1], b.last(t)) // [2P, C]
	return r.Head.Forward(t, last)                        // [2P, 1]
}

// Score returns the reward of a prompt with its answer, given as the tokens after BOS.
func (r *Reward) Score(tokens []lm.Token) float64 { return r.Scores([][]lm.Token{tokens})[0] }

// Scores returns the reward of each prompt with its answer, given as the tokens after BOS. Answers
// in one call do not influence each other.
func (r *Reward) Scores(texts [][]lm.Token) []float64 {
	if l, ok := r.Body.(*LoRA); ok { // not safe for concurrent use
		merged := *r
		merged.Body = l.Merge()
		r = &merged
	}
	const rows = 2 * inferencePairs
	out := make([]float64, len(texts))
	inParallel(r.Threads, (len(texts)+rows-1)/rows, func(i int) {
		part := texts[i*rows : min((i+1)*rows, len(texts))]
		for j, s := range r.scores(autograd.NewForward(), rowsOf(part)).Data {
			out[i*rows+j] = float64(s)
		}
	})
	return out
}

// rowsOf returns a batch with one text per row.
func rowsOf(texts [][]lm.Token) (b PairBatch) {
	for _, x := range texts {
		b.T = max(b.T, len(x)+1)
	}
	b.B = len(texts)
	b.X, b.Y = make([]lm.Token, b.B*b.T), make([]lm.Token, b.B*b.T)
	for i, x := range texts {
		b.row(i, x, nil, nil)
	}
	return b
}

// Tally holds the measures of a reward model on the pairs of one kind.
type Tally struct {
	Kind     string  `json:"kind"`
	Pairs    int     `json:"pairs"`
	Accuracy float64 `json:"accuracy"` // share of pairs whose chosen answer scores higher; ties: ½
	Margin   float64 `json:"margin"`   // mean of r(chosen) − r(rejected)
}

// Rank measures the model on pairs that it was not trained on: first on all of them, under the kind
// "", then on each kind, in alphabetical order. High accuracy alone does not make a good reward
// model, because an optimiser finds answers that no pair contains.
func (r *Reward) Rank(ctx context.Context, pairs *Pairs) ([]Tally, error) {
	all, kinds := Tally{}, map[string]*Tally{}
	tape := autograd.NewForward()
	err := pairs.each(ctx, func(first int, b PairBatch) {
		tape.Reset()
		scores := r.scores(tape, b).Data
		for i := range b.Rows() {
			kind := pairs.pairs[first+i].Kind
			if kinds[kind] == nil {
				kinds[kind] = &Tally{Kind: kind}
			}
			w, l := float64(scores[2*i]), float64(scores[2*i+1])
			all.add(w, l)
			kinds[kind].add(w, l)
		}
	})
	if err != nil {
		return nil, err
	}
	out := []Tally{all.mean()}
	for _, t := range kinds {
		if t.Kind != "" {
			out = append(out, t.mean())
		}
	}
	slices.SortFunc(out, func(a, b Tally) int { return strings.Compare(a.Kind, b.Kind) })
	return out, nil
}

// add adds a pair to the sums.
func (t *Tally) add(chosen, rejected float64) {
	t.Pairs++
	t.Accuracy += wins(chosen, rejected)
	t.Margin += chosen - rejected
}

// mean returns the sums divided by the number of pairs.
func (t Tally) mean() Tally {
	t.Accuracy /= float64(t.Pairs)
	t.Margin /= float64(t.Pairs)
	return t
}

func (t Tally) String() string {
	return fmt.Sprintf("%s: %d pairs, accuracy %.3f, margin %.3f", t.Kind, t.Pairs, t.Accuracy,
		t.Margin)
}

// Vocab returns the number of tokens of the body.
func (r *Reward) Vocab() int { return r.Body.Vocab() }

// Shape returns the size and the cost of the body, to which the head adds little.
func (r *Reward) Shape(context int) nn.Shape { return shapeOf(r.Body, context) }

// Blocks returns the numbers of matrices that a parameter holds below each other (down) and beside
// each other (across).
func (r *Reward) Blocks(param string) (down, across int) {
	if name, ok := strings.CutPrefix(param, "body."); ok {
		return blocksOf(r.Body, name)
	}
	return 1, 1
}
