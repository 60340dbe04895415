package align

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/train"
)

// RLTask describes a task of reinforcement learning: prompts, a policy that answers them, and a
// scorer that rewards the answers.
type RLTask struct {
	Policy    Policy
	Reference Policy // the initial model; nil: a copy of Policy
	Prompts   []RLPrompt
	Scorer    Scorer
	Ends      []lm.Token // tokens that end an answer, besides BOS

	// Result and Insert define the tools; see Sampling.
	Result lm.Token
	Insert func(ctx context.Context, r *Rollout) ([]lm.Token, error)

	Raw train.Source[corpus.Batch] // text for rehearsal; nil if Rehearse is 0
}

// RLPrompt is a conversation in which the assistant speaks next.
type RLPrompt struct {
	Tokens []lm.Token // the tokens after BOS
	Name   string     // name in error messages, such as "data.jsonl: line 3" or the question
}

// Report describes the answers of one roll-out.
type Report struct {
	Rollout   int     `json:"rollout"`   // number of the roll-out, from 0
	Reward    float64 `json:"reward"`    // mean reward of the answers
	KL        float64 `json:"kl"`        // mean of ln π/π₀ of an answer, in nats
	Entropy   float64 `json:"entropy"`   // mean of −ln π of a token, in nats
	Length    float64 `json:"length"`    // mean number of tokens of an answer
	Truncated float64 `json:"truncated"` // share of answers without an end
	Flat      float64 `json:"flat"`      // share of prompts whose answers have equal rewards
}

// RL is the train.Engine of reinforcement learning. Every Inner steps, it draws answers to some
// prompts and asks the scorer for their rewards; each step is one update with these answers. The
// loss is 0 whenever the mean advantage is 0, so it carries little information; see Report instead.
//
// State includes the roll-out, so a run that stops between two updates resumes with the same bits.
// It also includes the value head of PPO and its moments. The head is not part of Model, because a
// model does not need it to answer, and a saved model remains a plain GPT or Llama.
type RL struct {
	dense
	ctx     context.Context
	o       RLOptions
	task    RLTask
	learner *rlLearner
	buffer  *buffer
	batch   rlBatch
	tapes   tapes
	threads int

	report   Report
	fresh    bool // the last step made a roll-out
	rollouts []Rollout
	rewards  []float64
}

// dense is the engine that computes gradients and updates weights.
type dense interface {
	train.Engine
	train.Adjustable
}

// NewRL prepares a run. Cancelling ctx stops the sampling and the scoring. NewRL uses every setting
// of c except batch, context and accumulate, which follow from o.
func NewRL(ctx context.Context, task RLTask, o RLOptions, c train.Config) (*RL, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := task.check(o); err != nil {
		return nil, err
	}
	if c.BatchGrowth > 1 || c.ContextGrowth > 1 || c.Accumulate > 1 {
		return nil, fmt.Errorf("batch_growth, context_growth and accumulate are %d, %d and %d; "+
			"want 1, because a step of reinforcement learning takes one roll-out", c.BatchGrowth,
			c.ContextGrowth, c.Accumulate)
	}
	if task.Reference == nil {
		task.Reference = Frozen(task.Policy)
	}
	r := &RL{ctx: ctx, o: o, task: task, threads: c.Threads}
	r.learner = &rlLearner{Policy: task.Policy, o: &r.o}
	if o.Algorithm == PPO {
		r.learner.Value = &nn.LinearT{Weight: nn.Zeros(1, channels(task.Policy)),
			Bias: nn.Zeros(1, 1)}
	}
	r.buffer = newBuffer(o, task.longest())
	c.Batch, c.Context = o.Prompts*o.Samples, r.buffer.row
	e, err := train.NewEngine[rlBatch](r.learner, r, c)
	if err != nil {
		return nil, err
	}
	r.dense = e.(dense)
	return r, nil
}

// maxRolloutTokens bounds the memory of a roll-out.
const maxRolloutTokens = 1 << 20

// check returns an error if the task lacks something or if a roll-out would be too large.
func (t RLTask) check(o RLOptions) error {
	switch {
	case t.Policy == nil || t.Scorer == nil:
		return fmt.Errorf("reinforcement learning needs a policy and a scorer; want both")
	case len(t.Prompts) < o.Prompts:
		return fmt.Errorf("prompts is %d; want at most %d, the number of prompts in the data",
			o.Prompts, len(t.Prompts))
	case o.Max > maxRolloutTokens/(o.Prompts*o.Samples)-t.longest():
		return fmt.Errorf("prompts × samples × tokens is %d × %d × (%d + max_tokens %d); want at "+
			"most %d: lower one of them", o.Prompts, o.Samples, t.longest(), o.Max,
			maxRolloutTokens)
	case o.Rehearse > 0 && t.Raw == nil:
		return fmt.Errorf("rehearse is %v, but there is no text to rehearse; want a source, or 0",
			o.Rehearse)
	}
	for i, p := range t.Prompts {
		if w := lm.Window(t.Policy); w > 0 && len(p.Tokens) >= w {
			return fmt.Errorf("%s: the prompt has %d tokens; want fewer than %d, the model's "+
				"window: shorten it, or start from a run with a longer window", t.name(i),
				len(p.Tokens), w)
		}
		if slices.Contains(p.Tokens, lm.BOS) {
			return fmt.Errorf("%s: it contains BOS; want one conversation", t.name(i))
		}
	}
	return nil
}

// name returns the name of a prompt for error messages.
func (t RLTask) name(prompt int) string {
	if name := t.Prompts[prompt].Name; name != "" {
		return name
	}
	return fmt.Sprintf("prompt %d", prompt+1)
}

// longest returns the number of tokens of the longest prompt.
func (t RLTask) longest() (n int) {
	for _, p := range t.Prompts {
		n = max(n, len(p.Tokens))
	}
	return n
}

// Model returns the policy, without the value head.
func (r *RL) Model() any { return r.task.Policy }

// Step makes update k. The first of every Inner updates draws the answers.
func (r *RL) Step(k int, lr float64) (loss, norm float64, targets int, err error) {
	r.fresh = false
	if r.Finished() {
		return 0, 0, 0, nil
	}
	if k%r.o.Inner == 0 {
		if err := r.rollOut(k / r.o.Inner); err != nil {
			return 0, 0, 0, err
		}
		if r.fresh = true; r.Finished() {
			return 0, 0, 0, nil
		}
	}
	return r.dense.Step(k, lr)
}

// Batch fills b with the answers of the roll-out (train.Source).
func (r *RL) Batch(b *rlBatch, step int) {
	r.buffer.batch(&r.batch, r.o)
	if r.o.Rehearse > 0 {
		r.task.Raw.Batch(&r.batch.raw, step)
		r.batch.raw = r.batch.raw.Of(max(r.batch.raw.Targets(), 1))
	}
	*b = r.batch
}

// Finished reports whether the KL divergence exceeds StopKL. If it does, the weights have not
// changed since it was measured.
func (r *RL) Finished() bool { return r.buffer.finished[0] > 0 }

// Report returns the description of the last roll-out, and whether the last step made it.
func (r *RL) Report() (report Report, fresh bool) { return r.report, r.fresh }

// Rollouts returns the answers of the last roll-out of this process and their rewards, for example
// for a reward model that learns from them. They are valid until the next step.
func (r *RL) Rollouts() ([]Rollout, []float64) { return r.rollouts, r.rewards }

// rollOut draws answers to the prompts of roll-out n and computes the data for the updates.
func (r *RL) rollOut(n int) error {
	numbers := pick(len(r.task.Prompts), r.o.Prompts, n, r.o.Seed)
	prompts := make([][]lm.Token, len(numbers))
	for i, p := range numbers {
		prompts[i] = r.task.Prompts[p].Tokens
	}
	answers, err := SampleNumbered(r.ctx, r.task.Policy, prompts, numbers, Sampling{
		Samples: r.o.Samples, Max: r.o.Max, Window: lm.Window(r.task.Policy), Ends: r.task.Ends,
		Result: r.task.Result, Insert: r.task.Insert, Seed: r.o.Seed, Step: n,
		Threads: r.threads})
	if err != nil {
		return r.located(err, n)
	}
	rewards, err := r.task.Scorer.Rewards(r.ctx, answers)
	if err == nil {
		err = checkRewards(rewards, answers)
	}
	if err != nil {
		return r.located(err, n)
	}
	r.rollouts, r.rewards = answers, rewards
	r.buffer.store(answers)
	r.buffer.batch(&r.batch, r.o)
	r.read(r.task.Reference, nil, r.buffer.reference)
	if r.learner.Value != nil {
		r.read(r.task.Policy, r.learner.Value, r.buffer.values)
	}
	flat := r.buffer.judge(rewards, r.o)
	r.describe(n, flat)
	return nil
}

// located adds the roll-out to an error. An error about an answer begins with the name of its
// prompt, such as a file and a line.
func (r *RL) located(err error, n int) error {
	var a *AnswerError
	if errors.As(err, &a) {
		return fmt.Errorf("%s: roll-out %d, answer %d: %w", r.task.name(a.Prompt), n+1, a.Sample+1,
			a.Err)
	}
	return fmt.Errorf("roll-out %d: %w", n+1, err)
}

// describe fills the report, and finishes the run if the policy is too far from the initial model.
func (r *RL) describe(n, flat int) {
	answers, count := float64(len(r.rollouts)), float64(len(r.batch.y))
	p := Report{Rollout: n, Flat: float64(flat) / float64(r.o.Prompts)}
	for i := range r.rollouts {
		p.Reward += r.rewards[i] / answers
		p.Length += float64(len(r.rollouts[i].Own)) / answers
		if r.rollouts[i].Truncated {
			p.Truncated += 1 / answers
		}
	}
	for i, old := range r.buffer.old[:len(r.batch.y)] {
		p.Entropy -= float64(old) / count
		p.KL += (float64(old) - float64(r.buffer.reference[i])) / answers
	}
	r.report = p
	if r.o.StopKL > 0 && p.KL > r.o.StopKL {
		r.buffer.finished[0] = 1
	}
}

// pick returns the indices of the prompts of roll-out n. Each prompt occurs once in an epoch, in an
// order that depends on the seed and the epoch. Prompts left over at the end of an epoch are
// skipped.
func pick(prompts, count, n int, seed uint64) []int {
	perEpoch := prompts / count
	epoch, at := n/perEpoch, n%perEpoch*count
	return rand.New(rand.NewPCG(seed, mix(seed, uint64(epoch)))).Perm(prompts)[at : at+count]
}

// Frozen returns a copy of a policy that training the original does not change, such as a
// reference.
func Frozen(p Policy) Policy {
	twin := nn.Replica(p)
	for _, t := range nn.Params(twin) {
		t.Tensor.Data, t.Tensor.Grad = slices.Clone(t.Tensor.Data), nil
	}
	return twin
}
