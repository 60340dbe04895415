package lab

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/prompt"
	"lmzoo/task"
	"lmzoo/zoo"
)

// tinyClassroom returns a classroom with a tiny base of four steps.
func tinyClassroom(t *testing.T) *classroom {
	env := quickEnv(t, t.TempDir())
	base, _, err := env.Store.catalogue.Step(
		context.Background(), zoo.Pipeline(zoo.PipelineTiny)[0], zoo.PipelineOptions{
			Dir: t.TempDir(), Seed: 1, Threads: 2, Scale: zoo.PipelineTiny})
	require.NoError(t, err)
	return &classroom{env: env, seed: 1, talk: base.Config.Data.Talk(), base: base, raw: base,
		many: 100}
}

// TestClassroomParts checks that every part of the experiments fills its table and its measures.
func TestClassroomParts(t *testing.T) {
	c, ctx := tinyClassroom(t), context.Background()
	size := instructSize{steps: 2, sizes: 1, families: 1, honest: 1, facts: 1, questions: 2}
	res := Result{Experiment: Instruct(), Tables: make([]Table, 4)}
	m := map[string]float64{}
	for i, part := range []func(context.Context, instructSize, map[string]float64,
		*Table) error{c.ways, c.amounts, c.families, c.newFacts} {
		require.NoError(t, part(ctx, size, m, &res.Tables[i]))
	}
	require.Len(t, res.Tables[0].Rows, 6)
	require.Len(t, res.Tables[1].Rows, 2)
	require.Len(t, res.Tables[2].Rows, len(trainedFamilies))
	require.Len(t, res.Tables[3].Rows, 3)
	require.False(t, instructVerdict(1, m).Held, "two steps teach nothing")
	require.Equal(t, 1.0, m["honest_made_up"])
	require.NotEqual(t, m["sft_bits"], m["base_bits"])
	require.NotEqual(t, m["sft_bits"], m["lora_bits"])

	tables := make([]Table, 2)
	for _, set := range toolSets[1:3] {
		require.NoError(t, c.withTools(ctx, set.name, set.tools, 1, m, tables))
	}
	require.Len(t, tables[0].Rows, 2*mostDigits)
	require.Len(t, tables[1].Rows, 2)
	require.False(t, toolsVerdict(1, m).Held)
}

// TestClassroom checks that a run that SFT made is found again, and that its answers are judged.
func TestClassroom(t *testing.T) {
	c, ctx := tinyClassroom(t), context.Background()
	all := align.TalkConversations(c.talk, world.Careless, c.rng(1), 200)
	r, err := c.teach(ctx, c.base, all, way{steps: 2})
	require.NoError(t, err)
	again, err := c.teach(ctx, c.base, all, way{steps: 2})
	require.NoError(t, err)
	require.Same(t, r, again)
	other, err := c.teach(ctx, c.base, all[1:], way{steps: 2})
	require.NoError(t, err)
	require.NotEqual(t, r.Dir, other.Dir)
	questions := c.questions(c.rng(2), 3, world.Known, world.BigSum)
	answers, golds, err := c.ask(ctx, r, questions)
	require.NoError(t, err)
	require.Len(t, answers, 6)
	require.Len(t, golds, 6)
	_, golds, err = c.ask(ctx, c.base, questions)
	require.NoError(t, err)
	require.Zero(t, rightly(questions, golds), "three steps teach nothing")

	p := probing{classroom: c, run: r, seen: c.factsAbout(world.ForPreferences, 20),
		unseen: c.factsAbout(world.ForTest, 10)}
	m := map[string]float64{}
	probe, err := p.measure(ctx, "sft", m, &Table{})
	require.NoError(t, err)
	require.Contains(t, m, "sft_1")
	require.NoError(t, p.says(ctx, "dpo", r, probe, p.layer, m, &Table{}))
	require.Zero(t, m["dpo_idk_known"])
}

// TestLines checks that the file that a stage reads preserves conversations.
func TestLines(t *testing.T) {
	s := NewStore(t.TempDir())
	talk := world.NewTalk(3)
	c := classroom{seed: 1, talk: talk}
	all := align.TalkConversations(talk, world.Careless, c.rng(1), 500)
	file, err := s.lines(all)
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	read, err := prompt.ReadConversations(bytes.NewReader(text), file)
	require.NoError(t, err)
	for i := range all {
		require.Equal(t, all[i].Messages, read[i].Messages)
	}
	again, err := s.lines(all)
	require.NoError(t, err)
	require.Equal(t, file, again)
}

// TestFamilies checks that no question of a trained family belongs to an untrained one.
func TestFamilies(t *testing.T) {
	c := classroom{seed: 1, talk: world.NewTalk(3)}
	for _, family := range trainedFamilies {
		for _, q := range c.ofFamily(family, 300, world.ForSFT) {
			require.Equal(t, family, q.Family)
			require.Empty(t, q.HeldOut)
			require.NotRegexp(t, `\b(plus|minus|means|which of)\b`, q.User)
		}
	}
	for _, family := range untrainedFamilies {
		require.Len(t, c.ofFamily(family, 20, world.ForTest), 20)
	}
}

// TestFactQuestions checks that facts of unknown people are asked again in another phrasing, that
// their answers are entries of the table, which no document states, and that the reminders are
// about other people.
func TestFactQuestions(t *testing.T) {
	c := classroom{seed: 1, talk: world.NewTalk(3)}
	people := map[string]bool{}
	for _, kind := range []world.TalkKind{world.Lookup, world.Known} {
		teach, again := c.factQuestions(kind, 600, 50)
		require.Len(t, teach, 600)
		require.Len(t, again, 50)
		taught := map[string]bool{}
		for _, q := range teach {
			taught[q.User] = true
			require.Nil(t, q.Call)
		}
		for _, q := range again {
			require.False(t, taught[q.User])
			words := strings.Fields(q.Answers[0]) // the NOUN of NAME is VALUE .
			require.Equal(t, "the", words[0], q.User)
			stated, known := c.talk.Stated(words[3] + " " + words[1])
			require.Equal(t, kind == world.Known, known)
			if known {
				require.Equal(t, stated, words[5])
			} else {
				require.Equal(t, c.talk.Lookup()[words[3]+" "+words[1]], words[5])
			}
			people[words[3]] = true
		}
	}
	kinds := map[world.TalkKind]int{}
	for _, q := range c.reminders(400) {
		kinds[q.Kind]++
		for _, word := range strings.Fields(q.User) {
			require.False(t, people[word], "facts about %s are taught", word)
		}
	}
	require.Greater(t, kinds[world.Known], 100)
	require.Greater(t, kinds[world.Unknown], 100)
}

// TestToolLessons checks that a model without a tool learns to answer directly, and that no model
// is offered a tool that it does not have.
func TestToolLessons(t *testing.T) {
	c := classroom{seed: 1, talk: world.NewTalk(3), many: 3000}
	for _, set := range toolSets {
		calls := map[string]int{}
		for _, x := range c.toolLessons(set.tools) {
			for _, m := range x.Messages {
				if m.Call != nil {
					calls[m.Call.Tool]++
				}
				if m.Role == prompt.System {
					for _, tool := range strings.Fields(m.Content)[2:] {
						require.Contains(t, set.tools, tool)
					}
				}
			}
		}
		require.Len(t, calls, len(set.tools), set.name)
	}
	for _, q := range c.longSums(6, 9, []string{world.Calculator}) {
		require.Equal(t, "tools : calculator", q.System)
		require.Regexp(t, `^\d \d \d \d \d \d \w+ \d \d$`, q.Call.Input)
	}
}

// TestFactsAbout checks that questions for a probe end alike for known and unknown people, and that
// no name is in both sets.
func TestFactsAbout(t *testing.T) {
	c := classroom{seed: 1, talk: world.NewTalk(3)}
	seen, unseen := c.factsAbout(world.ForPreferences, 100), c.factsAbout(world.ForTest, 100)
	names := map[string]bool{}
	for _, q := range seen {
		for word := range strings.FieldsSeq(q.User) {
			names[word] = true
		}
	}
	both := 0
	for i, q := range unseen {
		require.Equal(t, i >= 100, q.Kind == world.Unknown)
		require.Empty(t, q.System)
		require.Equal(t, "fact", q.Family)
		fresh := 0
		for word := range strings.FieldsSeq(q.User) {
			if !names[word] {
				fresh++
			}
		}
		require.Positive(t, fresh, q.User)
		if fresh == 1 {
			both++
		}
	}
	require.Greater(t, both, 150)
}

// TestMixExamples checks that a probe finds a planted signal in the vectors, and none with shuffled
// labels.
func TestMixExamples(t *testing.T) {
	c := classroom{seed: 1}
	rng := c.rng(1)
	var x [][][]float32
	var y []int
	x = append(x, nil, nil)
	for i := range 200 {
		y = append(y, i%2)
		noise := func() float32 { return rng.Float32() - 0.5 }
		x[0] = append(x[0], []float32{noise(), noise()})
		x[1] = append(x[1], []float32{noise(), noise() + float32(i%2)})
	}
	mixExamples(rng, x, y)
	probe, err := task.TrainProbe(x[1][:100], y[:100], 2, probePenalty)
	require.NoError(t, err)
	require.Greater(t, probe.Accuracy(x[1][100:], y[100:]), 0.9)
	rng.Shuffle(100, func(i, j int) { y[i], y[j] = y[j], y[i] })
	probe, err = task.TrainProbe(x[1][:100], y[:100], 2, probePenalty)
	require.NoError(t, err)
	require.Less(t, probe.Accuracy(x[1][100:], y[100:]), 0.7)
}

// TestPostTrainingVerdicts checks that each verdict depends on its control.
func TestPostTrainingVerdicts(t *testing.T) {
	m := map[string]float64{"base_knows": 1, "sft_right": .9, "gain": .5, "gain_low": .4,
		"new_recited": .9, "harm": .3}
	require.True(t, instructVerdict(1, m).Held)
	m["harm"] = 0
	require.False(t, instructVerdict(1, m).Held)
	m = map[string]float64{"calculator_trained": .9, "lookup_changed": .9, "both_trained": .9,
		"both_changed": .9}
	require.True(t, toolsVerdict(1, m).Held)
	m["neither_trained"] = .8
	require.False(t, toolsVerdict(1, m).Held)
	m = map[string]float64{"base_best": .9, "sft_best": .9, "random_best": .5,
		"shuffled_best": .5, "dpo_gap": .9}
	require.True(t, honestyVerdict(1, m).Held)
	m["random_best"] = .8
	require.False(t, honestyVerdict(1, m).Held)
}
