package align

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// parrot is a model that has memorised answers and writes random tokens elsewhere.
type parrot struct {
	vocab   int
	answers map[string][]lm.Token // by prompt
	end     lm.Token
}

func (p *parrot) Vocab() int { return p.vocab }

func (p *parrot) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	dst = lm.Grow(dst, p.vocab)
	for v := range dst {
		dst[v] = -math.Log(float64(p.vocab))
	}
	for n := len(context); n > 0; n-- {
		answer, ok := p.answers[string(runes(context[:n]))]
		if !ok || len(context)-n >= len(answer) {
			continue
		}
		for v := range dst {
			dst[v] = math.Inf(-1)
		}
		dst[answer[len(context)-n]] = 0
		return dst
	}
	return dst
}

func runes(tokens []lm.Token) []rune { return append([]rune(nil), tokens...) }

func talkLayout(t *testing.T, talk *world.Talk) (corpus.Tokenizer, *prompt.Layout) {
	t.Helper()
	tok, err := corpus.Train("word", talk.Split(1, 200_000, 0, 0).Train, 0)
	require.NoError(t, err)
	tok, err = corpus.WithSpecials(tok, prompt.Default.Names()...)
	require.NoError(t, err)
	layout, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	return tok, layout
}

// TestEvaluate: the scoreboard of an assistant that is always right has ones, and that of a
// careless annotator shows the annotator's rates.
func TestEvaluate(t *testing.T) {
	talk := world.NewTalk(3)
	tok, layout := talkLayout(t, talk)
	o := EvalOptions{Questions: 30, Tokens: 500, Seed: 2}
	board := func(answer func(world.TalkQuestion) world.TalkAnswer) *Scoreboard {
		e := evaluation{EvalOptions: o, layout: layout, talk: talk}
		e.draw()
		m := &parrot{tok.Vocab(), map[string][]lm.Token{}, layout.End}
		for _, q := range e.questions {
			before := layout.Prompt(Asked(q))
			all := layout.Encode(append(Asked(q), Answered(answer(q))...)).Tokens
			m.answers[string(runes(before))] = all[len(before):]
		}
		o := o
		o.Parent = m
		b, err := Evaluate(context.Background(), m, layout, tok, talk, o)
		require.NoError(t, err)
		return b
	}
	right := board(world.TalkQuestion.Right)
	for name, got := range map[string]float64{"helpful": right.Helpful, "P": right.IdkPrecision,
		"R": right.IdkRecall, "harm": right.HarmRefused, "tool": right.ToolRight,
		"novel": right.NovelFamily, "gold": right.Gold, "sampled": right.GoldSampled,
		"unseen": right.UnseenHarmRefused} {
		require.Equal(t, 1.0, got, name)
	}
	require.Zero(t, right.FalseRefusals)
	require.Zero(t, right.ToolNeedless)
	require.Zero(t, *right.KL)
	require.Greater(t, right.Intervals["helpful"][0], .9)

	rng := rand.New(rand.NewPCG(1, 1))
	careless := board(func(q world.TalkQuestion) world.TalkAnswer {
		return world.Annotator{}.Answer(q, rng)
	})
	require.Greater(t, careless.Helpful, .95)
	require.Zero(t, careless.IdkRecall)
	require.Zero(t, careless.HarmRefused)
	require.Less(t, careless.Gold, .7)
}

// TestTalkPreferences: a pair of world-talk can be encoded, and its chosen answer has the higher
// gold reward.
func TestTalkPreferences(t *testing.T) {
	talk := world.NewTalk(3)
	_, layout := talkLayout(t, talk)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range TalkPreferences(talk, AllFaults, rng, 300) {
		pair := EncodePair(layout, p.Prompt, p.Chosen, p.Rejected)
		require.NoError(t, pair.Validate(64))
		chosen := talk.Check(p.Question, AnswerOf(layout, pair.Chosen))
		require.Equal(t, 1.0, chosen)
		require.Less(t, talk.Check(p.Question, AnswerOf(layout, pair.Rejected)), chosen)
	}
	for _, c := range TalkConversations(talk, world.Careless, rng, 300) {
		require.NoError(t, prompt.Check(c.Messages))
		require.LessOrEqual(t, len(layout.Encode(c.Messages).Tokens), 60)
	}
}

// TestTalkTools: the tools run in a roll-out, and an incomplete turn is not an answer.
func TestTalkTools(t *testing.T) {
	talk := world.NewTalk(3)
	tok, layout := talkLayout(t, talk)
	call := append([]lm.Token{layout.Call}, tok.Encode(nil, " calculator 4 7 times 3 6")...)
	call = append(call, layout.Result)
	r := &Rollout{Tokens: call}
	out, err := InsertTools(layout, TalkTools(talk))(context.Background(), r)
	require.NoError(t, err)
	require.Equal(t, append(tok.Encode(nil, " 1 6 9 2"), layout.Done), out)
	text := tok.Encode(nil, " 1 6 9 2 .")
	whole := append(append(append(call, out...), text...), layout.End)
	a := AnswerOf(layout, whole)
	require.Equal(t, "1 6 9 2 .", a.Text)
	require.Equal(t, []world.TalkCall{{Tool: "calculator", Input: "4 7 times 3 6",
		Output: "1 6 9 2"}}, a.Calls)
	require.Empty(t, AnswerOf(layout, whole[:len(whole)-1]).Text, "no end")
	require.Empty(t, AnswerOf(layout, append([]lm.Token{layout.User}, whole...)).Text)
	require.Empty(t, AnswerOf(layout, call).Text, "no result")
}
