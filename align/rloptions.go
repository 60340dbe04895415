package align

import (
	"fmt"
	"slices"
)

// RLOptions are the settings of reinforcement learning.
type RLOptions struct {
	Algorithm string  `json:"algorithm" help:"reinforce, ppo or grpo"`
	Prompts   int     `json:"prompts" help:"prompts per roll-out"`
	Samples   int     `json:"samples" help:"answers per prompt"`
	Max       int     `json:"max_tokens" help:"maximum number of tokens in an answer"`
	Inner     int     `json:"inner" help:"updates with the answers of one roll-out"`
	Clip      float64 `json:"clip" help:"ppo, grpo: largest change of a probability per roll-out"`
	KL        float64 `json:"kl" help:"weight of the KL divergence to the model at the start"`
	StopKL    float64 `json:"stop_kl" help:"KL divergence that ends the run, in nats (0: never)"`
	Normalise string  `json:"normalise" help:"scope of the deviation that divides advantages"`
	Floor     float64 `json:"floor" help:"number added to that deviation"`
	Length    string  `json:"length" help:"divisor of the loss: answer, batch or constant"`
	Baseline  string  `json:"baseline" help:"reinforce: group or running"`
	Lambda    float64 `json:"lambda" help:"ppo: decay rate of generalized advantage estimation"`
	Value     float64 `json:"value" help:"ppo: weight of the value head's loss"`
	Rehearse  float64 `json:"rehearse" help:"weight of the loss on pre-training text"`
	Seed      uint64  `json:"seed" help:"random seed of the prompts and the answers"`
}

// DefaultRL returns the settings of an algorithm for small models.
func DefaultRL(algorithm string) RLOptions {
	o := RLOptions{Algorithm: algorithm, Prompts: 24, Samples: 8, Max: 32, Inner: 2, Clip: 0.2,
		KL: 0.05, Normalise: GroupScale, Floor: 0.1, Length: AnswerMean, Baseline: GroupBaseline,
		Lambda: 0.95, Value: 0.5, Rehearse: 0.5, Seed: 1}
	switch algorithm {
	case Reinforce:
		o.Inner, o.Normalise, o.Length = 1, BatchScale, Constant
	case PPO:
		o.Normalise, o.Length = BatchScale, BatchMean
	}
	return o
}

// Check reports the first invalid setting.
func (o RLOptions) Check() error {
	for _, err := range []error{
		oneOf("algorithm", o.Algorithm, Reinforce, PPO, GRPO),
		oneOf("normalise", o.Normalise, GroupScale, BatchScale, NoScale),
		oneOf("length", o.Length, AnswerMean, BatchMean, Constant),
		oneOf("baseline", o.Baseline, GroupBaseline, RunningBaseline),
	} {
		if err != nil {
			return err
		}
	}
	grouped := o.Algorithm == GRPO || o.Algorithm == Reinforce && o.Baseline == GroupBaseline
	for _, r := range []struct {
		ok    bool
		field string
		value any
		want  string
	}{
		{o.Prompts >= 1, "prompts", o.Prompts, "at least 1"},
		{o.Samples >= 1, "samples", o.Samples, "at least 1"},
		{o.Samples >= 2 || !grouped, "samples", o.Samples,
			"at least 2, because the group is the baseline"},
		{o.Prompts <= maxAnswers/max(o.Samples, 1), "prompts × samples",
			fmt.Sprintf("%d × %d", o.Prompts, o.Samples), fmt.Sprintf("at most %d", maxAnswers)},
		{o.Max >= 1, "max_tokens", o.Max, "at least 1"},
		{o.Inner >= 1, "inner", o.Inner, "at least 1"},
		{o.Inner == 1 || o.Algorithm != Reinforce, "inner", o.Inner,
			"1: the policy gradient holds for the model that drew the answers"},
		{o.Clip > 0 && o.Clip < 1, "clip", o.Clip, "more than 0 and less than 1, such as 0.2"},
		{within(o.KL), "kl", o.KL, "0 to 1000, such as 0.05"},
		{within(o.StopKL), "stop_kl", o.StopKL, "0 (never) to 1000, such as 2"},
		{within(o.Floor), "floor", o.Floor, "0 to 1000, such as 0.1"},
		{o.Normalise != GroupScale || o.Algorithm != PPO, "normalise", o.Normalise,
			"batch or none: the advantages of ppo belong to tokens"},
		{o.Lambda >= 0 && o.Lambda <= 1, "lambda", o.Lambda, "0 to 1, such as 0.95"},
		{within(o.Value), "value", o.Value, "0 to 1000, such as 0.5"},
		{within(o.Rehearse), "rehearse", o.Rehearse, "0 to 1000, such as 0.5"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v; want %s", r.field, r.value, r.want)
		}
	}
	return nil
}

// within reports whether a weight is in [0, 1000], and thus a number.
func within(x float64) bool { return x >= 0 && x <= 1000 }

const maxAnswers = 1 << 14 // maximum number of answers in a roll-out

// weightOf returns the weight of each token of an answer with length drawn tokens, in a roll-out
// with the given numbers of drawn tokens and answers.
func (o RLOptions) weightOf(length, tokens, answers int) float32 {
	switch o.Length {
	case BatchMean:
		return 1 / float32(max(tokens, 1))
	case Constant:
		return 1 / float32(o.Max*answers)
	}
	return 1 / float32(max(length, 1)*answers)
}

// oneOf returns an error unless value is one of the names.
func oneOf(field, value string, names ...string) error {
	if slices.Contains(names, value) {
		return nil
	}
	return fmt.Errorf("%s is %q; want one of %q", field, value, names)
}
