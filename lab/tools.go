package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/corpus/world"
	"lmzoo/prompt"
)

// Tools tests what a calculator and a look-up table add to the weights of a model.
func Tools() Experiment {
	return Experiment{
		Name: "tools", Era: "LLM", Year: 2023,
		Topic: "alignment",
		Paper: "Schick et al. 2023",
		Claim: "With a calculator a model solves sums of numbers as long as those of its " +
			"training, which it cannot do in its head, and with a table it knows what has " +
			"changed since it read; each tool helps where it is needed and nowhere else, and " +
			"is not called where none is.",
		Figures: []Figure{{
			Title: "Sums in the head and with a calculator",
			Look: "The calculator solves what the network cannot, as long as the network can " +
				"copy the question into a call: the training ends at 3 digits.",
			Table: 0, X: "digits", Lines: []string{"model"}, Y: []string{"right"},
			XAxis: "digits of the first number; the second has 2", YAxis: "right answers",
		}, {
			Title: "Facts that changed after the text was written",
			Look:  "Without the table, the model states what it read, which is no longer true.",
			Table: 1, X: "model", Y: []string{"changed: right", "changed: as in the text"},
			Dots: true, YAxis: "share of answers",
		}},
		Measures: map[string]string{
			"MODEL_D": "share of right sums with a first number of D digits; MODEL is both, " +
				"calculator, lookup or neither",
			"MODEL_copied":   "share of the sums beyond training whose call is right",
			"MODEL_trained":  "mean over 1 to 3 digits, which occur in training",
			"MODEL_beyond":   "mean over 4 to 6 digits, which do not",
			"MODEL_changed":  "share of right answers about facts that have changed",
			"MODEL_old":      "share of answers about them that state what the text says",
			"MODEL_unread":   "share of right answers that only the table knows",
			"MODEL_needless": "share of calls where a tool is on offer and not needed",
			"gain_sums":      "calculator_trained less the better one of lookup and neither",
			"gain_changed":   "lookup_changed less the better one of calculator and neither",
		},
		Run: runTools,
	}
}

// The digits of the first number: up to trainedDigits occur in training, more do not.
const trainedDigits, mostDigits = 3, 6

// toolSets lists the tools of each model.
var toolSets = []struct {
	name  string
	tools []string
}{
	{"both", []string{world.Calculator, world.LookupTable}},
	{"calculator", []string{world.Calculator}},
	{"lookup", []string{world.LookupTable}},
	{"neither", nil},
}

func runTools(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title:   "right sums by the digits of the first number; training ends at 3",
		Columns: []string{"seed", "model", "digits", "right", "right calls"},
	}, {
		Title: "facts that have changed, what only the table knows, and calls without need",
		Columns: []string{"seed", "model", "changed: right", "changed: as in the text",
			"only in the table", "calls without need"},
	}}}
	for _, seed := range env.Seeds {
		c, err := env.newClassroom(ctx, seed)
		if err != nil {
			return nil, err
		}
		m := map[string]float64{}
		for _, set := range toolSets {
			if err := c.withTools(ctx, set.name, set.tools, pick(env, 700, 300), m,
				res.Tables); err != nil {
				return nil, fmt.Errorf("seed %d, %s: %w", seed, set.name, err)
			}
		}
		res.Seeds = append(res.Seeds, toolsVerdict(seed, m))
	}
	return res, nil
}

// toolsVerdict returns the verdict for one seed. The claim holds if each tool gains at least .5
// over the models without it where it is needed, the calculator solves four fifths of the sums of
// trained lengths, the model with both does both, and at most .05 of its answers have a needless
// call.
func toolsVerdict(seed uint64, m map[string]float64) Verdict {
	m["gain_sums"] = m["calculator_trained"] - max(m["lookup_trained"], m["neither_trained"])
	m["gain_changed"] = m["lookup_changed"] - max(m["calculator_changed"], m["neither_changed"])
	held := m["gain_sums"] >= 0.5 && m["gain_changed"] >= 0.5 && m["calculator_trained"] >= 0.8 &&
		m["both_trained"] >= 0.8 && m["both_changed"] >= 0.8 && m["both_needless"] <= 0.05
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// withTools teaches a model with some tools and measures it. All models have questions of the same
// kinds and the same number of steps.
func (c *classroom) withTools(
	ctx context.Context, name string, tools []string, steps int, m map[string]float64,
	tables []Table,
) error {
	r, err := c.teach(ctx, c.base, c.toolLessons(tools), usual(steps))
	if err != nil {
		return err
	}
	n := pick(c.env, 60, 30)
	for digits := 1; digits <= mostDigits; digits++ {
		questions := c.longSums(digits, n, tools)
		answers, golds, err := c.ask(ctx, r, questions)
		if err != nil {
			return err
		}
		right, where := rightly(questions, golds), "_beyond"
		calls := shareWhere(questions, nil, func(i int) bool {
			call := questions[i].Call
			return call != nil && slices.ContainsFunc(answers[i].Calls,
				func(x world.TalkCall) bool { return x.Input == call.Input })
		})
		cell := ""
		if slices.Contains(tools, world.Calculator) {
			cell = decimal(calls)
		}
		if digits <= trainedDigits {
			where = "_trained"
		} else {
			m[name+"_copied"] += calls / (mostDigits - trainedDigits)
		}
		m[fmt.Sprintf("%s_%d", name, digits)] = right
		m[name+where] += right / 3
		tables[0].add(fmt.Sprint(c.seed), name, fmt.Sprint(digits), decimal(right), cell)
	}
	return c.toolBoard(ctx, r, name, tools, 2*n, m, &tables[1])
}

// toolLessons draws the conversations of the training. Where the model has no tool for a question,
// the answer is direct: the right sum, or the entry of the table.
func (c *classroom) toolLessons(tools []string) []prompt.Conversation {
	all := make([]prompt.Conversation, c.many)
	rng, part := c.rng(7), world.ForPreferences // whose outputs are the entries of the table
	if slices.Contains(tools, world.LookupTable) {
		part = world.ForSFT // whose outputs are random, so that a model learns to read them
	}
	for i := range all {
		q := limit(c.toolQuestion(part, rng), tools)
		all[i] = conversation(q, world.Annotator{Honest: 1}.Answer(q, rng))
	}
	return all
}

// toolQuestion draws a question, which needs a tool in half of the cases. Look-ups are drawn from
// part.
func (c *classroom) toolQuestion(part world.Part, rng *rand.Rand) world.TalkQuestion {
	switch k := rng.IntN(8); {
	case k < 2:
		return c.talk.Question(world.ForSFT, world.BigSum, rng)
	case k < 3:
		return c.talk.Question(part, world.Lookup, rng)
	case k < 4:
		return c.talk.Question(part, world.Changed, rng)
	case k < 6:
		return c.talk.Question(world.ForSFT, world.Known, rng)
	case k < 7:
		return c.talk.Question(world.ForSFT, world.Sum, rng)
	}
	return c.talk.Question(world.ForSFT, world.Story, rng)
}

// limit returns a question with only some tools on offer. If the tool that it needs is not among
// them, the answer is direct.
func limit(q world.TalkQuestion, tools []string) world.TalkQuestion {
	var left []string
	for _, word := range strings.Fields(q.System) {
		if slices.Contains(tools, word) {
			left = append(left, word)
		}
	}
	if q.System = ""; len(left) > 0 {
		q.System = "tools : " + strings.Join(left, " ")
	}
	if q.Call != nil && !slices.Contains(left, q.Call.Tool) {
		q.Call = nil
	}
	return q
}

// longSums draws n sums whose first number has the given number of digits and whose second has two.
func (c *classroom) longSums(digits, n int, tools []string) []world.TalkQuestion {
	rng := c.rng(8)
	all := make([]world.TalkQuestion, n)
	for i := range all {
		sign := []string{"plus", "minus", "times"}[i%3]
		all[i] = limit(c.talk.SumOf(world.ForTest, rng, sign, digits, 2), tools)
	}
	return all
}
