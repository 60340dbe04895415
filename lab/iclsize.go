package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/lm"
	"lmzoo/nn"
)

// ICLBySize tests at what size a model begins to learn from examples in its context. At full scale
// it takes about 40 seconds on two threads per seed.
func ICLBySize() Experiment {
	return Experiment{
		Name: "icl-by-size", Era: "LLM", Year: 2020,
		Topic: "in-context learning",
		Paper: "Brown et al. 2020, fig. 1.2; Olsson et al. 2022",
		Claim: "Of models that read the same text for the same number of steps, the small ones " +
			"make nothing of examples in their context, and the large ones learn from them " +
			"tasks whose format the text does not hold; with more steps a small one does, too.",
		Figures: []Figure{{
			Title: "Examples help large models",
			Look: "After the same 600 steps, the accuracy with examples in the context rises " +
				"with the size, and with random answers in them it does not.",
			X: "parameters", Y: []string{"dictionary 4", "random 4", "labels 8", "random 4-8"},
			Where: map[string]string{"steps": "600"}, Skip: []string{"one", "LSTM"},
			XAxis: "parameters", YAxis: "accuracy", LogX: true,
		}},
		Measures: map[string]string{
			"MODEL_labels": "accuracy on words with 8 labelled examples before them; chance is " +
				".500",
			"MODEL_shuffled":   "the same with random labels, mean over 4 to 8 examples",
			"MODEL_dictionary": "accuracy on keys that the text has shown with their value",
			"MODEL_plain":      "nats per word of plain text above the exact limit",
			"MODEL_repeats":    "accuracy on repeated random words",
			"MODEL_step":       "first step with an accuracy of .5 on repeats; −1: none",
			"size": "fewest channels from which on the accuracy with 8 labelled examples is at " +
				"least .70; −1: none",
		},
		Run: runICLBySize,
	}
}

const iclTokens = 48 // tokens in a text

// ladder describes the models of icl-by-size and their training.
type ladder struct {
	shapes []shape
	steps  int      // training steps of every model
	long   int      // training steps of the models in goOn
	goOn   []string // names of the models that train for longer
	every  int      // steps between measurements
	texts  int      // labelled test texts
}

// newLadder returns the ladder of a scale, with one layer and an LSTM as controls.
func newLadder(env *Env) ladder {
	l := ladder{steps: 600, every: 150, texts: 1000}
	for _, d := range pick(env, []int{8, 16, 24, 32, 48, 64, 96}, []int{16, 32, 64}) {
		l.shapes = append(l.shapes, shape{fmt.Sprint("d", d), "llama", 2, 2, d, false})
	}
	l.shapes = append(l.shapes,
		shape{"one", "llama", 1, 2, 64, false}, shape{"LSTM", "lstm", 1, 0, 128, false})
	if env.Scale == Full {
		l.long, l.goOn = 1200, []string{"d8", "d16"}
	}
	return l
}

// stepsOf returns the number of training steps of a model.
func (l ladder) stepsOf(s shape) int {
	if slices.Contains(l.goOn, s.name) {
		return l.long
	}
	return l.steps
}

// lesson records the abilities of a model after some steps.
type lesson struct {
	step                  int
	plain, repeats        float64
	dictionary, labels    []score // scores by number of shots
	shuffledDict, labels0 []score // scores with random answers in the text
}

// iclExams holds the tests of a seed.
type iclExams struct {
	text             *passages
	plain, repeats   [][]lm.Token
	limit            float64 // nats per plain word
	dictionary, name [2]exam // exams with true and with shuffled answers
}

func newICLExams(text *passages, n int, seed uint64) *iclExams {
	e := &iclExams{text: text}
	rng := rand.New(rand.NewPCG(seed, 5))
	for range n / 10 {
		doc, again := make([]lm.Token, iclTokens), make([]lm.Token, iclTokens)
		text.drawPlain(rng, doc)
		text.drawRepeated(rng, again, 0)
		e.plain, e.repeats = append(e.plain, doc), append(e.repeats, again)
		for i := 2; i < iclTokens; i++ {
			e.limit -= text.limit(doc, i)
		}
	}
	e.limit /= float64(len(e.plain) * (iclTokens - 2))
	for i, shuffled := range []bool{false, true} {
		e.dictionary[i] = text.dictionary(n/5, iclTokens, shuffled, rng)
		e.name[i] = text.naming(n, 18, shuffled, rng)
	}
	return e
}

// mark measures a reader.
func (e *iclExams) mark(r reader, step int) lesson {
	return lesson{
		step:       step,
		plain:      scored(r, e.plain, func(_, at int) bool { return at >= 2 }).nats - e.limit,
		repeats:    scored(r, e.repeats, inCopy(e.repeats)).right,
		dictionary: e.dictionary[0].marks(r), shuffledDict: e.dictionary[1].marks(r),
		labels: e.name[0].marks(r), labels0: e.name[1].marks(r),
	}
}

// over returns the mean accuracy over a range of shots, up to and including the last.
func over(marks []score, from, to int) float64 {
	right, n := 0.0, 0
	for _, s := range marks[from : to+1] {
		right += s.right * float64(s.n)
		n += s.n
	}
	return right / float64(max(n, 1))
}

func runICLBySize(ctx context.Context, env *Env) (*Result, error) {
	return newLadder(env).run(ctx, env)
}

// run trains every model for every seed.
func (l ladder) run(ctx context.Context, env *Env) (*Result, error) {
	n := len(l.shapes)
	all, params := make([][]lesson, n*len(env.Seeds)), make([]int, n*len(env.Seeds))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		i = len(all) - 1 - i // the longest trainings first
		all[i], params[i], err = l.learn(ctx, env, l.shapes[i%n], env.Seeds[i/n])
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.result(env.Seeds, params, all), nil
}

// learn trains a model and measures it at regular intervals.
func (l ladder) learn(
	ctx context.Context, env *Env, shape shape, seed uint64,
) (lessons []lesson, params int, err error) {
	text := newPassages(seed)
	n, err := shape.build(text.vocab(), iclTokens, seed)
	if err != nil {
		return nil, 0, err
	}
	brief, full := newICLExams(text, l.texts/5, seed), newICLExams(text, l.texts, seed)
	s := schooling{rows: 32, steps: l.stepsOf(shape), lr: iclRate, constant: true}
	err = n.teach(ctx, s, iclTokens, text.draw, seed, func(step int) {
		if step == 0 || step%l.every != 0 {
			return
		}
		exams := brief
		if step == l.steps || step == s.steps {
			exams = full
		}
		lessons = append(lessons, exams.mark(n, step))
		env.say("icl-by-size, seed %d: %s, step %d of %d", seed, n.name, step, s.steps)
	})
	return lessons, nn.Count(n.body), err
}

// iclRate is the learning rate, constant and the same for all models.
const iclRate = 6e-3

// result combines the tables and the verdicts.
func (l ladder) result(seeds []uint64, params []int, all [][]lesson) *Result {
	tests := Table{
		Title: "accuracy by the number of examples before: values of a dictionary and labels of " +
			"words, also with random answers; plain in nats per word above the limit",
		Columns: []string{"seed", "model", "parameters", "steps", "plain", "repeats",
			"dictionary 0", "dictionary 1", "dictionary 2", "dictionary 4", "random 4",
			"labels 0", "labels 1", "labels 2", "labels 4", "labels 8", "random 4-8"},
	}
	time := Table{
		Title:   "accuracy with 4 to 8 labelled examples before, by training step",
		Columns: []string{"seed", "model"},
	}
	for s := l.every; s <= max(l.steps, l.long); s += l.every {
		time.Columns = append(time.Columns, fmt.Sprint(s))
	}
	res := &Result{}
	for i, seed := range seeds {
		m := map[string]float64{}
		for k, shape := range l.shapes {
			j := i*len(l.shapes) + k
			l.report(seed, shape, params[j], all[j], m, &tests, &time)
		}
		m["size"] = l.size(m)
		res.Seeds = append(res.Seeds, Verdict{seed, l.held(m), m})
	}
	res.Tables = []Table{tests, time}
	return res
}

// report adds the rows and measures of a model.
func (l ladder) report(
	seed uint64, shape shape, params int, lessons []lesson, m map[string]float64,
	tests, time *Table,
) {
	m[shape.name+"_step"] = -1
	course := []string{fmt.Sprint(seed), shape.name}
	for _, s := range lessons {
		course = append(course, fmt.Sprintf("%.2f", over(s.labels, 4, 8)))
		if s.repeats >= 0.5 && m[shape.name+"_step"] < 0 {
			m[shape.name+"_step"] = float64(s.step)
		}
		switch s.step {
		case l.steps:
			s.measure(m, shape.name)
		case l.long:
			s.measure(m, shape.name+"_long")
		default:
			continue
		}
		tests.add(append([]string{fmt.Sprint(seed), shape.name, fmt.Sprint(params),
			fmt.Sprint(s.step)}, s.cells()...)...)
	}
	for len(course) < len(time.Columns) {
		course = append(course, "")
	}
	time.add(course...)
}

// measure adds the measures of a model.
func (s lesson) measure(m map[string]float64, model string) {
	m[model+"_plain"], m[model+"_repeats"] = s.plain, s.repeats
	m[model+"_dictionary"] = over(s.dictionary, 1, 4)
	m[model+"_labels"], m[model+"_shuffled"] = s.labels[8].right, over(s.labels0, 4, 8)
}

// cells returns the numbers of a row.
func (s lesson) cells() []string {
	cells := []string{fmt.Sprintf("%.3f", s.plain)}
	for _, x := range []float64{s.repeats,
		s.dictionary[0].right, s.dictionary[1].right, s.dictionary[2].right,
		s.dictionary[4].right, s.shuffledDict[4].right,
		s.labels[0].right, s.labels[1].right, s.labels[2].right, s.labels[4].right,
		s.labels[8].right, over(s.labels0, 4, 8)} {
		cells = append(cells, fmt.Sprintf("%.2f", x))
	}
	return cells
}

// size returns the smallest number of channels at and above which all models learn from labelled
// examples, or −1.
func (l ladder) size(m map[string]float64) float64 {
	size := -1.0
	for _, s := range slices.Backward(l.shapes) {
		if s.onLadder() && m[s.name+"_labels"] < 0.7 {
			break
		}
		if s.onLadder() {
			size = float64(s.channel)
		}
	}
	return size
}

// onLadder reports whether a model is on the ladder, rather than a control.
func (s shape) onLadder() bool { return s.kind == "llama" && s.layers == 2 }

// held reports whether the claim holds: models with 48 or more channels learn both tests from their
// context; models with up to 16 channels, the model with one layer and the LSTM do not; and one of
// the small models does after more steps. The claim says nothing about sizes between 16 and 48
// channels.
func (l ladder) held(m map[string]float64) bool {
	later := len(l.goOn) == 0
	for _, s := range l.shapes {
		labels, random := m[s.name+"_labels"], m[s.name+"_shuffled"]
		switch {
		case s.onLadder() && s.channel >= 48:
			if labels < 0.85 || random < 0.45 || random > 0.55 || m[s.name+"_dictionary"] < 0.5 {
				return false
			}
		case !s.onLadder() || s.channel <= 16:
			if labels > 0.56 {
				return false
			}
		}
		later = later || m[s.name+"_long_labels"] >= 0.85
	}
	return later
}
