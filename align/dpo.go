package align

import (
	"context"
	"fmt"
	"math"

	"lmzoo/autograd"
	"lmzoo/nn"
)

// DPO learns from pairs of answers without a reward model (Rafailov et al. 2023, equation 7):
//
//	loss = −ln σ(β·ln(π(y_w|x)/π_ref(y_w|x)) − β·ln(π(y_l|x)/π_ref(y_l|x)))
//
// averaged over the pairs, where y_w is the chosen and y_l the rejected answer. β·ln(π/π_ref) is
// the implicit reward of an answer. ln π of an answer is the sum over its tokens, including [END],
// so a longer answer has no advantage of its own. Dropout is off. The reference is the policy
// before the first step; its log-probabilities are stored with the pairs. At step 0 every loss is
// therefore ln 2, but its gradient is not zero.
//
// The loss depends only on differences, so the probabilities of both answers may fall, as long as
// the probability of the rejected one falls faster (likelihood displacement; Razin et al. 2024).
// The anchors NLL and Rehearse prevent this.
type DPO struct {
	Policy Policy `param:""`
	DPOOptions
}

// DPOOptions are the settings of DPO.
type DPOOptions struct {
	Beta float64 `json:"beta"` // strength of the pull towards the reference, in reward per nat
	// NLL is the weight of −ln π(y_w|x) per pair, in nats (Pang et al. 2024, equation 1, with a sum
	// over the tokens instead of their mean; 0: none).
	NLL float64 `json:"nll,omitempty"`
	// Rehearse is the weight of the loss on pre-training text, in nats per token.
	Rehearse float64 `json:"rehearse,omitempty"`
}

// NewDPO returns the learner of DPO. It stores the log-probabilities of the current policy, the
// reference, with the pairs. To resume a run, call it before reading the checkpoint.
func NewDPO(ctx context.Context, policy Policy, pairs *Pairs, o DPOOptions) (*DPO, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Rehearse > 0 && pairs.raw == nil {
		return nil, fmt.Errorf("rehearse is %g, but there is no text to rehearse; want a source",
			o.Rehearse)
	}
	if err := pairs.SetReference(ctx, policy); err != nil {
		return nil, err
	}
	return &DPO{Policy: policy, DPOOptions: o}, nil
}

// Check reports the first invalid setting.
func (o DPOOptions) Check() error {
	switch {
	case !(o.Beta > 0 && o.Beta <= 1000):
		return fmt.Errorf("beta is %v; want a number in (0, 1000], such as 0.5", o.Beta)
	case !(o.NLL >= 0 && o.NLL <= 1000):
		return fmt.Errorf("nll is %v; want a weight in [0, 1000], such as 0.3", o.NLL)
	case !(o.Rehearse >= 0 && o.Rehearse <= 1000):
		return fmt.Errorf("rehearse is %v; want a weight in [0, 1000], such as 0.5", o.Rehearse)
	}
	return nil
}

// Loss returns equation 7, averaged over the pairs of the step, plus the anchors, in nats, [1, 1].
func (d *DPO) Loss(t *autograd.Tape, b PairBatch) *autograd.Tensor {
	var loss *autograd.Tensor
	if b.B > 0 {
		loss = d.pairLoss(t, newAnswers(t, d.Policy, b.Batch), b) // 1×1
	}
	if d.Rehearse > 0 && b.Text.B > 0 {
		text := t.Scale(textLoss(t, d.Policy, b.Text), float32(d.Rehearse)) // 1×1
		if loss == nil {
			return text
		}
		loss = t.Add(loss, text)
	}
	return loss
}

// pairLoss returns the loss of the pairs, computed in float64 as one operation.
func (d *DPO) pairLoss(t *autograd.Tape, a answers, b PairBatch) *autograd.Tensor {
	if len(b.Reference) != b.B {
		panic("align: pairs without the log-probabilities of a reference; call SetReference first")
	}
	o := answersOp{answers: a, loss: t.New(1, 1), slopes: t.Scratch(b.B)}
	sum, n, k := 0.0, float64(b.Total), 0
	var w, l float64 // ln π of the chosen and the rejected answer
	for i := 0; i < b.B; i += 2 {
		w, k = a.sum(i, k)
		l, k = a.sum(i+1, k)
		margin := d.Beta * ((w - b.Reference[i]) - (l - b.Reference[i+1]))
		sum += -logSigmoid(margin) - d.NLL*w
		slope := d.Beta * sigmoid(-margin) / n
		o.slopes[i], o.slopes[i+1] = float32(-slope-d.NLL/n), float32(slope)
	}
	o.loss.Data[0] = float32(sum / n)
	autograd.Record(t, o)
	return o.loss
}

// answersOp is a loss as a function of the log-probabilities of answers; slopes holds its
// derivatives with respect to them.
type answersOp struct {
	answers
	loss   *autograd.Tensor
	slopes []float32 // [rows]
}

// Backward adds the slope of an answer to the gradient of each of its tokens.
func (o answersOp) Backward() {
	g, dlogProbs := o.loss.AddGrad()[0], o.logProbs.AddGrad()
	for i, row := range o.row {
		dlogProbs[i] += g * o.slopes[row]
	}
}

// sigmoid returns σ(x) = 1/(1 + e^−x).
func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// logSigmoid returns ln σ(x) without overflow.
func logSigmoid(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }

// Shape returns the size and the cost of the policy.
func (d *DPO) Shape(context int) nn.Shape { return shapeOf(d.Policy, context) }

// Blocks returns the numbers of matrices that a parameter of the policy holds below each other
// (down) and beside each other (across).
func (d *DPO) Blocks(param string) (down, across int) { return blocksOf(d.Policy, param) }

// Preference describes how a policy rates pairs. All numbers are means over the pairs.
type Preference struct {
	Pairs int     `json:"pairs"`
	Loss  float64 `json:"loss"` // equation 7, in nats

	// The implicit rewards β·ln(π/π_ref) of both answers, their difference, and the share of pairs
	// whose chosen answer has the higher reward; ties count half.
	Chosen   float64 `json:"chosen"`
	Rejected float64 `json:"rejected"`
	Margin   float64 `json:"margin"`
	Accuracy float64 `json:"accuracy"`

	// ln π of both answers, in nats. Both fall under likelihood displacement.
	LogChosen   float64 `json:"log_chosen"`
	LogRejected float64 `json:"log_rejected"`
}

// Measure rates pairs whose reference is set. For held-out pairs, call SetReference before the
// first step.
func (d *DPO) Measure(ctx context.Context, pairs *Pairs) (Preference, error) {
	if pairs.reference == nil {
		return Preference{}, fmt.Errorf("the pairs have no log-probabilities of a reference; " +
			"call SetReference before the first step")
	}
	var p Preference
	tape := autograd.NewForward()
	err := pairs.each(ctx, func(_ int, b PairBatch) {
		tape.Reset()
		sums := newAnswers(tape, d.Policy, b.Batch).sums()
		for i := 0; i < b.B; i += 2 {
			p.add(sums[i], sums[i+1], d.Beta*(sums[i]-b.Reference[i]),
				d.Beta*(sums[i+1]-b.Reference[i+1]))
		}
	})
	n := float64(p.Pairs)
	for _, sum := range []*float64{&p.Loss, &p.Chosen, &p.Rejected, &p.Margin, &p.Accuracy,
		&p.LogChosen, &p.LogRejected} {
		*sum /= n
	}
	return p, err
}

// add adds a pair to the sums.
func (p *Preference) add(logChosen, logRejected, chosen, rejected float64) {
	p.Pairs++
	p.Loss -= logSigmoid(chosen - rejected)
	p.Chosen, p.Rejected = p.Chosen+chosen, p.Rejected+rejected
	p.Margin += chosen - rejected
	p.Accuracy += wins(chosen, rejected)
	p.LogChosen, p.LogRejected = p.LogChosen+logChosen, p.LogRejected+logRejected
}

// wins returns 1 if the chosen answer has the higher score, ½ if the scores are equal, and 0
// otherwise.
func wins(chosen, rejected float64) float64 {
	switch {
	case chosen > rejected:
		return 1
	case chosen == rejected:
		return 0.5
	}
	return 0
}
