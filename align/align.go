// Package align turns a model that continues text into an assistant, in the stages of Ouyang et al.
// 2022 ("Training language models to follow instructions with human feedback", figure 2).
//
//   - sft.go: supervised fine-tuning. It is pre-training with a mask: the same model, loss and
//     loop, with conversations as text and no loss on the user's tokens.
//   - lora.go: supervised fine-tuning with few trained weights (Hu et al. 2021).
//   - reward.go: a model that predicts which of two answers people prefer (Bradley and Terry 1952).
//   - dpo.go: learning from the same pairs without a reward model (Rafailov et al. 2023).
//   - rollout.go, rewards.go: answers sampled from a policy, and their rewards; bestofn.go keeps
//     the best answer.
//   - reinforce.go, ppo.go, grpo.go: learning from rewards (Williams 1992; Schulman et al. 2017;
//     Shao et al. 2024); rl.go is their train.Engine.
//
// Every stage is a train.Learner, a Source or an Engine, so it shares the loop, checkpoints,
// threads and observers of pre-training.
package align

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Policy is a causal model that post-training can train, such as a GPT or a Llama. It gives access
// to its hidden vectors and its output layer.
type Policy interface {
	lm.Model
	nn.Encoder
	// Loss returns the mean −ln P of the targets of the batch, in nats.
	Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor
	// HeadLoss returns Σ −ln P(y)/n of the targets y that follow the last hidden vectors h, in
	// nats.
	HeadLoss(t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int) *autograd.Tensor
	// HeadLogProbs returns ln P(y) for every target y that follows the last hidden vectors h, in
	// nats, [len(y), 1]. It is 0 where y is −1.
	HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor
}

// slopeOp is a loss y [1, 1] as a function of x [n, 1]; slopes [n] holds its derivatives.
type slopeOp struct {
	y, x   *autograd.Tensor
	slopes []float32
}

// Backward computes dx = dy·slope.
func (o slopeOp) Backward() {
	dy, dx := o.y.AddGrad()[0], o.x.AddGrad()
	for i, s := range o.slopes {
		dx[i] += dy * s
	}
}

// shapeOf returns the size and the cost of a model, or the zero value if the model does not report
// them.
func shapeOf(model any, context int) nn.Shape {
	if m, ok := model.(interface{ Shape(context int) nn.Shape }); ok {
		return m.Shape(context)
	}
	return nn.Shape{}
}

// blocksOf returns the numbers of matrices that a parameter of a model holds below each other
// (down) and beside each other (across).
func blocksOf(model any, param string) (down, across int) {
	if m, ok := model.(interface {
		Blocks(param string) (down, across int)
	}); ok {
		return m.Blocks(param)
	}
	return 1, 1
}
