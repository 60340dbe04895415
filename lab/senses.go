package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus/world"
	"lmzoo/nn"
	"lmzoo/task"
)

// Senses tests whether a vector represents the sense that a word has in its text.
func Senses() Experiment {
	return Experiment{
		Name: "senses", Era: "PLM", Year: 2018,
		Topic: "pre-training",
		Paper: "Peters et al. 2018, §5.3; Devlin et al. 2019",
		Claim: "One vector for each word cannot tell the senses of a homonym; BERT's vector can, " +
			"for words and texts that the probe never saw, on whichever side the cues stand, and " +
			"a causal model's only if they stand before it.",
		Figures: []Figure{{
			Title: "Which layers tell the senses of a word",
			Look: "With cues only on the right, only models that read both sides rise above " +
				"chance, and only above the layer of the word vectors, layer 0.",
			X: "layer", Lines: []string{"model"}, Y: []string{"right"},
			Only: []string{"word2vec", "ELMo", "GPT-1", "BERT", "BERT_random"},
			Mark: 0.5, MarkName: "chance",
			XAxis: "layer", YAxis: "accuracy of the probe",
		}},
		Measures: map[string]string{
			"MODEL_SIDE": "accuracy of a linear probe on the last layer, for occurrences with " +
				"cues on that side",
			"MODEL_random_SIDE": "the same for the network with random weights",
			"MODEL_SIDE_LAYER":  "the same for another layer, 0 being the embeddings",
		},
		Run: runSenses,
	}
}

const (
	sensesTrain = 400 // occurrences per side
	sensesTest  = 400
	sensesL2    = 1 // penalty of the probe
)

func runSenses(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "accuracy of a linear probe for the sense of a homonym, by layer and by the side " +
			"of the cues; chance is .500",
		Columns: []string{"seed", "model", "layer", "left", "right", "both"},
	}}}
	for _, seed := range env.Seeds {
		measures := map[string]float64{}
		for _, s := range []struct{ title, species string }{
			{"word2vec", "word2vec"}, {"ELMo", "elmo"}, {"GPT-1", "gpt"}, {"BERT", "bert"},
		} {
			r, err := env.Store.Pretrained(ctx, env, pretraining(s.species, seed, env))
			if err != nil {
				return nil, err
			}
			for _, random := range []bool{false, true} {
				if random && s.species == "word2vec" {
					continue
				}
				c := contender{name: s.title, run: r, random: random}
				if random {
					c.name += "_random"
				}
				env.say("senses, seed %d: probing %s", seed, c.name)
				if err := c.probe(ctx, env, seed, measures, &res.Tables[0]); err != nil {
					return nil, err
				}
			}
		}
		res.Seeds = append(res.Seeds, sensesVerdict(seed, measures))
	}
	return res, nil
}

// sensesVerdict returns the verdict for one seed. The claim holds if static vectors are at chance;
// BERT is at .95 on every side where its random control stays at .80; the causal model is at .95 on
// the left and at chance on the right.
func sensesVerdict(seed uint64, m map[string]float64) Verdict {
	chance := func(x float64) bool { return x > 0.40 && x < 0.60 }
	held := m["GPT-1_left"] >= 0.95 && chance(m["GPT-1_right"])
	for _, side := range world.Sides() {
		static, bert := m["word2vec_"+string(side)], m["BERT_"+string(side)]
		random := m["BERT_random_"+string(side)]
		held = held && chance(static) && bert >= 0.95 && random <= 0.80
	}
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// probe measures every layer of the contender's body on every side.
func (c contender) probe(
	ctx context.Context, env *Env, seed uint64, measures map[string]float64, table *Table,
) error {
	body, err := c.body(seed)
	if err != nil {
		return err
	}
	var rows [][]string // one row for each layer
	for _, side := range world.Sides() {
		acc, err := c.probeSide(ctx, env, body, seed, side)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		for l, a := range acc {
			name := fmt.Sprintf("%s_%s", c.name, side)
			if l < len(acc)-1 {
				name = fmt.Sprintf("%s_%d", name, l)
			}
			measures[name] = a
			if l == len(rows) {
				rows = append(rows, []string{fmt.Sprint(seed), c.name, fmt.Sprint(l)})
			}
			rows[l] = append(rows[l], fmt.Sprintf("%.3f", a))
		}
	}
	for _, row := range rows {
		table.add(row...)
	}
	return nil
}

// probeSide returns the accuracy of a probe on each layer. The probe is trained on the words and
// texts of one pool and measured on another pool.
func (c contender) probeSide(
	ctx context.Context, env *Env, body nn.Encoder, seed uint64, side world.Side,
) ([]float64, error) {
	reviews := world.NewReviews(world.DefaultSeed)
	x, y := c.vectors(body, reviews.Occurrences(seed, world.Train, sensesTrain), side)
	u, v := c.vectors(body, reviews.Occurrences(seed, world.Test, sensesTest), side)
	acc := make([]float64, len(x))
	err := each(ctx, env, len(x), func(_ context.Context, l int) error {
		p, err := task.TrainProbe(x[l], y, 2, sensesL2)
		if err != nil {
			return err
		}
		acc[l] = p.Accuracy(u[l], v)
		return nil
	})
	return acc, err
}

// vectors returns the vector of the homonym in every layer, [L+1][n][C], and its sense, for the
// occurrences of one side.
func (c contender) vectors(
	body nn.Encoder, all []world.Occurrence, side world.Side,
) (layers [][][]float32, senses []int) {
	for _, o := range all {
		if o.Cues != side {
			continue
		}
		tokens, _ := task.Input(c.run.Tokenizer, task.Example{Text: o.Text}, 0)
		for l, rows := range task.Vectors(body, tokens) {
			if l == len(layers) {
				layers = append(layers, nil)
			}
			layers[l] = append(layers[l], rows[o.At])
		}
		senses = append(senses, int(o.Sense))
	}
	return layers, senses
}
