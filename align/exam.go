package align

import (
	"context"

	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// examMax is the maximum number of tokens in an answer of Answers, enough for long sums.
const examMax = 48

// Answers returns an assistant's greedy answer to each question of world-talk, with its tool calls.
func Answers(
	ctx context.Context, m lm.Model, layout *prompt.Layout, t *world.Talk,
	questions []world.TalkQuestion, threads int,
) ([]world.TalkAnswer, error) {
	prompts := make([][]lm.Token, len(questions))
	for i, p := range TalkPrompts(layout, questions) {
		prompts[i] = p.Tokens
	}
	rollouts, err := Sample(ctx, likeliest{m}, prompts, Sampling{Samples: 1, Max: examMax,
		Window: lm.Window(m), Ends: []lm.Token{layout.End}, Result: layout.Result,
		Insert: InsertTools(layout, TalkTools(t)), Threads: threads})
	if err != nil {
		return nil, err
	}
	answers := make([]world.TalkAnswer, len(rollouts))
	for i := range rollouts {
		answers[i] = AnswerOf(layout, rollouts[i].Answer())
	}
	return answers, nil
}

// Continuations returns the greedy continuation of each text, up to and including an end token, but
// at most max tokens.
func Continuations(
	ctx context.Context, m lm.Model, texts [][]lm.Token, end lm.Token, max, threads int,
) ([][]lm.Token, error) {
	rollouts, err := Sample(ctx, likeliest{m}, texts, Sampling{Samples: 1, Max: max,
		Window: lm.Window(m), Ends: []lm.Token{end}, Threads: threads})
	if err != nil {
		return nil, err
	}
	out := make([][]lm.Token, len(rollouts))
	for i := range rollouts {
		out[i] = rollouts[i].Answer()
	}
	return out, nil
}
