package align

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// TalkTools returns the tools of world-talk: a calculator and the look-up table.
func TalkTools(t *world.Talk) *prompt.Registry {
	tools, err := prompt.NewRegistry(prompt.Calculator{},
		prompt.NewTable(world.LookupTable, t.Lookup()))
	if err != nil {
		panic(err) // the names are constants
	}
	return tools
}

// Asked returns the messages of a question.
func Asked(q world.TalkQuestion) (messages []prompt.Message) {
	if q.System != "" {
		messages = append(messages, prompt.Message{Role: prompt.System, Content: q.System})
	}
	return append(messages, prompt.Message{Role: prompt.User, Content: q.User})
}

// Answered returns the messages of an answer, including its calls.
func Answered(a world.TalkAnswer) (messages []prompt.Message) {
	for _, c := range a.Calls {
		messages = append(messages,
			prompt.Message{Role: prompt.Assistant,
				Call: &prompt.Call{Tool: c.Tool, Input: c.Input}},
			prompt.Message{Role: prompt.Tool, Content: c.Output})
	}
	return append(messages, prompt.Message{Role: prompt.Assistant, Content: a.Text})
}

// AnswerOf decodes the tokens that an assistant wrote after a question. If they are not a complete
// turn, the answer has no text.
func AnswerOf(layout *prompt.Layout, tokens []lm.Token) world.TalkAnswer {
	return AnswerIn(layout.Parse(tokens))
}

// AnswerIn converts the messages of an answer and of its tools. If the turn is not complete, the
// answer has no text.
func AnswerIn(messages []prompt.Message, complete bool) (a world.TalkAnswer) {
	for i, m := range messages {
		if m.Call != nil {
			c := world.TalkCall{Tool: m.Call.Tool, Input: m.Call.Input}
			if i+1 < len(messages) {
				c.Output = messages[i+1].Content
			}
			a.Calls = append(a.Calls, c)
		}
		if m.Call != nil && m.Content != "" {
			complete = false // the world's answers have no text before a call
		}
	}
	if complete {
		a.Text = messages[len(messages)-1].Content
	}
	return a
}

// TalkConversations draws questions of world-talk for supervised fine-tuning, with the answers of
// an annotator.
func TalkConversations(
	t *world.Talk, by world.Annotator, rng *rand.Rand, n int,
) []prompt.Conversation {
	all := make([]prompt.Conversation, n)
	for i, q := range t.Questions(world.ForSFT, rng, n) {
		all[i].Messages = append(Asked(q), Answered(by.Answer(q, rng))...)
		all[i].Line = i + 1
	}
	return all
}

// TalkFaults holds the share of each fault among the rejected answers of TalkPreferences.
type TalkFaults map[world.Fault]float64

// The faults of the pipeline. The pairs for DPO teach conduct. The pairs for a reward model show
// every kind of fault, because an optimiser exploits any fault that no pair shows.
var (
	ConductFaults = TalkFaults{world.Conduct: .8, world.NearMiss: .15, world.Broken: .05}
	AllFaults     = TalkFaults{world.Conduct: .35, world.NearMiss: .45, world.Broken: .2}
)

// draw draws a fault with the probabilities of f.
func (f TalkFaults) draw(rng *rand.Rand) world.Fault {
	p := rng.Float64()
	for _, fault := range world.Faults() {
		if p -= f[fault]; p < 0 {
			return fault
		}
	}
	return world.Conduct
}

// TalkPreference is a question of world-talk with a right answer and an answer with a fault.
type TalkPreference struct {
	prompt.Preference
	Question world.TalkQuestion
	Fault    world.Fault
}

// TalkPreferences draws n questions with pairs of answers written by a program.
func TalkPreferences(t *world.Talk, faults TalkFaults, rng *rand.Rand, n int) []TalkPreference {
	all := make([]TalkPreference, n)
	for i, q := range t.Questions(world.ForPreferences, rng, n) {
		fault := faults.draw(rng)
		all[i] = TalkPreference{prompt.Preference{Prompt: Asked(q), Chosen: Answered(q.Right()),
			Rejected: Answered(t.Rejected(q, fault, rng)), Line: i + 1}, q, fault}
	}
	return all
}

// TalkPrompts returns questions as prompts for reinforcement learning.
func TalkPrompts(layout *prompt.Layout, questions []world.TalkQuestion) []RLPrompt {
	all := make([]RLPrompt, len(questions))
	for i, q := range questions {
		all[i] = RLPrompt{layout.Prompt(Asked(q)), fmt.Sprintf("question %d, %q", i+1, q.User)}
	}
	return all
}

// TalkScorer returns a scorer that computes the gold reward of answers to the given questions,
// which must also be the questions of TalkPrompts.
func TalkScorer(
	t *world.Talk, layout *prompt.Layout, questions []world.TalkQuestion,
) ScorerFunc {
	return func(_ context.Context, r *Rollout) (float64, error) {
		return t.Check(questions[r.Prompt], AnswerOf(layout, r.Answer())), nil
	}
}

// toolOutput is the maximum number of tokens of a tool's output in a roll-out.
const toolOutput = 16

// InsertTools returns the function that runs the tools in a roll-out.
func InsertTools(layout *prompt.Layout, tools *prompt.Registry) func(
	context.Context, *Rollout) ([]lm.Token, error) {
	return func(ctx context.Context, r *Rollout) ([]lm.Token, error) {
		return layout.RunCall(ctx, tools, r.Answer(), toolOutput)
	}
}

// InsertUserTools is like InsertTools, but applies the limits of prompt.Answer, so that the policy
// learns under the conditions in which it answers later.
func InsertUserTools(layout *prompt.Layout, tools *prompt.Registry) func(
	context.Context, *Rollout) ([]lm.Token, error) {
	return func(ctx context.Context, r *Rollout) ([]lm.Token, error) {
		return layout.RunCallLikeAnswer(ctx, tools, r.Answer())
	}
}

// OnPolicy describes pairs of answers that a policy writes.
type OnPolicy struct {
	Prompts, Samples int
	PerPrompt        int // maximum number of pairs per prompt
	Labeller         *world.Labeller
	Seed             uint64
	Threads          int
}

// OnPolicyPairs samples several answers of a policy to each question and lets a labeller choose
// between them. A nil labeller makes no mistakes. It leaves out the pairs that the labeller values
// equally.
func OnPolicyPairs(
	ctx context.Context, m lm.Model, layout *prompt.Layout, t *world.Talk, o OnPolicy,
) ([]Pair, error) {
	rng := rand.New(rand.NewPCG(o.Seed, onPolicyStream))
	questions := t.Questions(world.ForPreferences, rng, o.Prompts)
	prompts := make([][]lm.Token, len(questions))
	for i, p := range TalkPrompts(layout, questions) {
		prompts[i] = p.Tokens
	}
	rollouts, err := Sample(ctx, m, prompts, Sampling{Samples: o.Samples, Max: answerMax,
		Window: lm.Window(m), Ends: []lm.Token{layout.End}, Result: layout.Result,
		Insert: InsertTools(layout, TalkTools(t)), Seed: o.Seed, Threads: o.Threads})
	if err != nil {
		return nil, err
	}
	judge := o.Labeller
	if judge == nil {
		judge = t.Labeller(0, 0)
	}
	var pairs []Pair
	for i, q := range questions {
		group := rollouts[i*o.Samples:][:o.Samples]
		pairs = append(pairs, compare(judge, q, layout, group, o.PerPrompt, rng)...)
	}
	return pairs, nil
}

const onPolicyStream = 0x09a1

// compare makes at most n pairs from the answers to one question.
func compare(judge *world.Labeller, q world.TalkQuestion, layout *prompt.Layout, group []Rollout,
	n int, rng *rand.Rand) (pairs []Pair) {
	for range 4 * n {
		a, b := &group[rng.IntN(len(group))], &group[rng.IntN(len(group))]
		if !ended(a, layout) || !ended(b, layout) {
			continue
		}
		x, y := AnswerOf(layout, a.Answer()), AnswerOf(layout, b.Answer())
		if judge.Tie(q, x, y) {
			continue
		}
		if !judge.Prefers(q, x, y, rng) {
			a, b = b, a
		}
		p := Pair{Prompt: a.Tokens[:a.Start], Chosen: a.Answer(), Rejected: b.Answer(),
			ChosenLoss: a.Own, RejectedLoss: b.Own, Kind: "own answers"}
		if pairs = append(pairs, p); len(pairs) == n {
			break
		}
	}
	return pairs
}

// ended reports whether an answer ends with [END].
func ended(r *Rollout, layout *prompt.Layout) bool {
	return r.Tokens[len(r.Tokens)-1] == layout.End
}
