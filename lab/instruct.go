package lab

import (
	"context"
	"fmt"
	"strings"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// Instruct tests what conversations teach a model that has read the world.
func Instruct() Experiment {
	return Experiment{
		Name: "instruct", Era: "LLM", Year: 2022,
		Topic: "alignment",
		Paper: "Wei et al. 2022; Ouyang et al. 2022; Gekhman et al. 2024",
		Claim: "Instruction tuning makes a base model answer with what it has read, about " +
			"people and combinations that no conversation shows; without the reading it does " +
			"not, and facts that were never read are recited and teach it to make others up.",
		Figures: []Figure{{
			Title: "Conversations needed, with and without reading",
			Look: "The distance between the lines is the knowledge that comes from reading and " +
				"not from conversations.",
			Table: 1, X: "conversations", Y: []string{"after reading", "from scratch"},
			LogX: true, XAxis: "conversations of the training",
			YAxis: "right answers on held-out names and combinations",
		}, {
			Title: "Families of tasks that were never trained",
			Look: "Whether the accuracy on families that were never trained rises with the " +
				"number of trained families.",
			Table: 2, X: "families", Y: []string{"facts", "meanings", "sums", "choices"},
			XAxis: "families of tasks trained", YAxis: "right answers",
		}, {
			Title: "Facts that were never read",
			Look: "How often the model makes up facts about other unknown people after new " +
				"facts, and after facts that it has read.",
			Table: 3, X: "taught", Y: []string{"recited", "known right", "made up"}, Dots: true,
			XAxis: "taught after honest conversations", YAxis: "share",
		}},
		Measures: instructMeasures,
		Run:      runInstruct,
	}
}

var instructMeasures = map[string]string{
	"MODEL_right": "share of right answers about held-out names, combinations, sums and stories; " +
		"MODEL is base, sft, unrehearsed, unmasked, lora or scratch",
	"MODEL_facts": "the same for facts",
	"MODEL_bits":  "bits per byte of the world",
	"base_knows":  "share of facts that the base completes in the form in which it read them",
	"gain":        "sft_right less scratch_right",
	"gain_low":    "lower end of its 95 % interval, paired over the questions",
	"tax":         "bits per byte without rehearsal over those of the base, less 1",
	"tax_sft":     "the same with rehearsal",
	"right_N":     "share of right answers after N conversations; scratch_right_N from scratch",
	"family_K":    "right answers in families that were not trained, after K families",
	"honest_made_up": "facts made up about unknown people after honest conversations; new_ after " +
		"facts that were never read, read_ after facts that were read",
	"new_recited":  "share of the facts never read that are recited in another phrasing",
	"read_recited": "the same for facts that were read",
	"harm":         "new_made_up less read_made_up",
}

// helpfulKinds lists the kinds of questions on which models are compared.
var helpfulKinds = []world.TalkKind{world.Known, world.Combine, world.Harmless, world.Sum,
	world.Story}

// instructSize holds the sizes of the experiment.
type instructSize struct{ steps, sizes, families, honest, facts, questions int }

func instructSizes(env *Env) instructSize {
	return pick(env, instructSize{700, 250, 300, 500, 200, 60},
		instructSize{300, 100, 100, 200, 100, 30})
}

func runInstruct(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "right answers by kind, all with something held out, and bits per byte of the world",
		Columns: []string{"seed", "model", "right", "facts", "instructions", "how-to", "sums",
			"stories", "tools", "bits per byte"},
	}, {
		Title:   "right answers by the number of conversations",
		Columns: []string{"seed", "conversations", "after reading", "from scratch"},
	}, {
		Title: "right answers by the number of families of tasks trained; meanings, sums and " +
			"choices are in none",
		Columns: []string{"seed", "families", "the last one", "facts", "meanings", "sums",
			"choices"},
	}, {
		Title: "after honest conversations: facts recited in another phrasing, known people " +
			"right, facts made up about unknown ones",
		Columns: []string{"seed", "taught", "recited", "known right", "made up"},
	}}}
	for _, seed := range env.Seeds {
		c, err := env.newClassroom(ctx, seed)
		if err != nil {
			return nil, err
		}
		m := map[string]float64{}
		for i, part := range []func(context.Context, instructSize, map[string]float64,
			*Table) error{c.ways, c.amounts, c.families, c.newFacts} {
			if err := part(ctx, instructSizes(env), m, &res.Tables[i]); err != nil {
				return nil, fmt.Errorf("seed %d: %w", seed, err)
			}
		}
		res.Seeds = append(res.Seeds, instructVerdict(seed, m))
	}
	return res, nil
}

// instructVerdict returns the verdict for one seed. The claim holds if the base knows the facts and
// does not answer, SFT makes it answer at least half of the questions and at least .2 more of them
// than the network from scratch, with an interval above zero, and new facts are recited and do more
// harm than facts that were read.
func instructVerdict(seed uint64, m map[string]float64) Verdict {
	held := m["base_knows"] >= 0.9 && m["base_right"] <= 0.05 && m["sft_right"] >= 0.5 &&
		m["gain"] >= 0.2 && m["gain_low"] > 0 && m["new_recited"] >= 0.5 && m["harm"] >= 0.1
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// ways compares ways of SFT on the same conversations.
func (c *classroom) ways(
	ctx context.Context, size instructSize, m map[string]float64, t *Table,
) error {
	all := align.TalkConversations(c.talk, world.Careless, c.rng(1), c.many)
	untaught, err := c.untaught(ctx)
	if err != nil {
		return err
	}
	usual, alone := usual(size.steps), way{steps: size.steps}
	unmasked, lora := usual, usual
	unmasked.unmasked = true
	lora.lora, lora.rate = 8, adapterRate
	questions := c.questions(c.rng(2), size.questions, append(helpfulKinds, world.BigSum,
		world.Lookup, world.Changed)...)
	var golds = map[string][]float64{}
	for _, x := range []struct {
		name   string
		parent *zoo.Run
		way    way
	}{
		{"base", c.base, way{}}, {"sft", c.base, usual}, {"unrehearsed", c.base, alone},
		{"unmasked", c.base, unmasked}, {"lora", c.base, lora}, {"scratch", untaught, alone},
	} {
		r := x.parent
		if x.way.steps > 0 {
			if r, err = c.teach(ctx, x.parent, all, x.way); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
		}
		_, g, err := c.ask(ctx, r, questions)
		if err != nil {
			return err
		}
		bits, err := c.bitsPerByte(r)
		if err != nil {
			return err
		}
		golds[x.name] = g[:len(helpfulKinds)*size.questions]
		row := []string{fmt.Sprint(c.seed), x.name,
			decimal(rightly(questions, g, helpfulKinds...))}
		for _, kind := range helpfulKinds {
			row = append(row, decimal(rightly(questions, g, kind)))
		}
		t.add(append(row, decimal(rightly(questions, g, world.BigSum, world.Lookup,
			world.Changed)), fmt.Sprintf("%.4f", bits))...)
		m[x.name+"_right"] = rightly(questions, g, helpfulKinds...)
		m[x.name+"_facts"], m[x.name+"_bits"] = rightly(questions, g, world.Known), bits
	}
	m["gain"], m["gain_low"] = gain(golds["sft"], golds["scratch"])
	m["tax"], m["tax_sft"] = m["unrehearsed_bits"]/m["base_bits"]-1, m["sft_bits"]/m["base_bits"]-1
	m["base_knows"], err = c.completes(ctx, questions)
	return err
}

func decimal(x float64) string { return fmt.Sprintf("%.3f", x) }

// completes returns the share of facts whose value the base writes after the beginning of the
// sentence.
func (c *classroom) completes(
	ctx context.Context, questions []world.TalkQuestion,
) (float64, error) {
	var texts, values []string
	for _, q := range questions {
		if q.Kind == world.Known && q.Family == "fact" {
			words := strings.Fields(q.Answers[0]) // … VALUE .
			texts = append(texts, "about : "+strings.Join(words[:len(words)-2], " "))
			values = append(values, words[len(words)-2])
		}
	}
	m, err := c.base.LM()
	if err != nil {
		return 0, err
	}
	found, err := c.continueTexts(ctx, c.base, m, texts)
	right := 0.0
	for i, text := range found {
		if words := strings.Fields(text); len(words) > 0 && words[0] == values[i] {
			right++
		}
	}
	return right / float64(max(len(found), 1)), err
}

// amounts measures the right answers by the number of conversations, with the same number of steps.
func (c *classroom) amounts(
	ctx context.Context, size instructSize, m map[string]float64, t *Table,
) error {
	untaught, err := c.untaught(ctx)
	if err != nil {
		return err
	}
	questions := c.questions(c.rng(2), size.questions, helpfulKinds...)
	for n := 10; n <= c.many; n *= 10 {
		all := align.TalkConversations(c.talk, world.Careless, c.rng(1), n)
		row := []string{fmt.Sprint(c.seed), fmt.Sprint(n)}
		for _, x := range []struct {
			name   string
			parent *zoo.Run
			way    way
		}{{"right", c.base, usual(size.sizes)}, {"scratch_right", untaught,
			way{steps: size.sizes}}} {
			right, err := c.taughtRight(ctx, x.parent, all, x.way, questions)
			if err != nil {
				return err
			}
			m[fmt.Sprintf("%s_%d", x.name, n)] = right
			row = append(row, decimal(right))
		}
		t.add(row...)
	}
	return nil
}

// taughtRight returns the share of right answers of a run that SFT makes of a parent.
func (c *classroom) taughtRight(ctx context.Context, parent *zoo.Run, all []prompt.Conversation,
	w way, questions []world.TalkQuestion) (float64, error) {
	r, err := c.teach(ctx, parent, all, w)
	if err != nil {
		return 0, err
	}
	_, golds, err := c.ask(ctx, r, questions)
	return rightly(questions, golds), err
}
