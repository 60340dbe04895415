package lab

import (
	"context"
	"fmt"
	"math"
	"strings"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/task"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Eras solves one task with the methods of each era: by counting, with vectors of words, by
// fine-tuning a pre-trained network, and by asking a language model for a word.
func Eras() Experiment {
	return Experiment{
		Name: "eras", Era: "LLM", Year: 2019,
		Topic: "pre-training",
		Paper: "Radford et al. 2019, Language Models are Unsupervised Multitask Learners; " +
			"Schick & Schütze 2021",
		Claim: "One task, four eras: with the same 50 labels word vectors classify better than " +
			"counts, and a fine-tuned network better than word vectors; a language model that is " +
			"asked for the next word is better than a guess without any label, and worse than " +
			"the same model fine-tuned.",
		Figures: []Figure{{
			Title: "One task, four eras",
			Look: "Each row is a way to tell good reviews from bad ones; a model that is asked " +
				"has seen no label.",
			X: "how", Y: []string{"no label", "50 labels", "1000 labels"}, Dots: true,
			Skip: []string{"the limit"}, Mark: 0.5, MarkName: "a guess",
			YAxis: "accuracy",
		}},
		Measures: map[string]string{
			"limit":    "accuracy of the exact posterior on the test reviews",
			"count":    "accuracy of 3-grams with 50 labels",
			"vectors":  "accuracy of a linear classifier over word2vec with 50 labels",
			"tuned":    "accuracy of GPT-1, fine-tuned with 50 labels",
			"answers":  "accuracy of that GPT, tuned to answer with a word, with 50 labels",
			"asked":    "accuracy of the same GPT that is asked for the next word, without a label",
			"counted":  "accuracy of a 5-gram that is asked in the same way",
			"untaught": "accuracy of a GPT with random weights that is asked in the same way",
		},
		Run: runEras,
	}
}

// opinions lists for each label the words with which a sentence of that polarity may begin.
var opinions = [2][]string{
	world.Negative: {"alas", "sadly"}, world.Positive: {"luckily", "happily"},
}

// question is a review as a question to a language model. Notes are half of its training text; in
// them, the next sentence may begin with an opinion. The model is asked for that word.
type question struct {
	tokens []lm.Token
	label  int
}

// asNotes turns labelled reviews into questions.
func asNotes(tok corpus.Tokenizer, s *task.Set) []question {
	out := make([]question, len(s.Examples))
	for i, e := range s.Examples {
		text := "note" + strings.TrimPrefix(e.Text, "review")
		out[i] = question{tok.Encode(nil, strings.TrimSpace(text)), s.Index(e.Label)}
	}
	return out
}

// opinionTokens returns the tokens of the opinions of each label.
func opinionTokens(tok corpus.Tokenizer) (out [2][]lm.Token, err error) {
	for label, words := range opinions {
		for _, word := range words {
			ids := tok.Encode(nil, " "+word)
			if len(ids) != 1 {
				return out, fmt.Errorf("%q is %d tokens; want one", word, len(ids))
			}
			out[label] = append(out[label], ids[0])
		}
	}
	return out, nil
}

// askedForWord returns the share of reviews after which a model finds the opinions of the right
// label likelier than the opinions of the other label.
func askedForWord(m lm.Model, tok corpus.Tokenizer, questions []question) (float64, error) {
	answers, err := opinionTokens(tok)
	if err != nil {
		return 0, err
	}
	right := 0
	var dst []float64
	for _, q := range questions {
		s := lm.Start(m)
		for _, t := range q.tokens {
			s.Push(t)
		}
		dst = s.NextLogProbs(dst)
		var p [2]float64
		for label, tokens := range answers {
			for _, t := range tokens {
				p[label] += math.Exp(dst[t])
			}
		}
		if p[q.label] > p[1-q.label] {
			right++
		}
	}
	return float64(right) / float64(len(questions)), nil
}

// answering trains a copy of a language model to answer labelled reviews with an opinion:
// supervised fine-tuning, with a loss on the answer alone.
func (c contender) answering(
	ctx context.Context, questions []question, seed uint64,
) (lm.Model, error) {
	body, err := c.body(seed)
	if err != nil {
		return nil, err
	}
	answers, err := opinionTokens(c.run.Tokenizer)
	if err != nil {
		return nil, err
	}
	examples := make([]prompt.Encoded, len(questions))
	for i, q := range questions {
		e := prompt.Encoded{Tokens: append(q.tokens[:len(q.tokens):len(q.tokens)],
			answers[q.label][0])}
		e.Loss = make([]bool, len(e.Tokens))
		e.Loss[len(q.tokens)] = true
		examples[i] = e
	}
	t := train.Default()
	t.Batch, t.Context, t.Steps = taskBatch/2, 80, steps(len(questions))
	t.LR = answerRate(len(questions))
	t.MinLR, t.Warmup, t.Beta2, t.WeightDecay = 0.05*t.LR, t.Steps/10, 0.98, 0.01
	t.Seed, t.Threads, t.Pieces = seed, 1, 1
	t.EvalEvery, t.SaveEvery = train.Every{}, train.Every{}
	src, err := align.NewConversations(examples, nil, align.SFTOptions{
		Batch: t.Batch, Context: t.Context, Mask: true, Seed: seed,
	})
	if err != nil {
		return nil, err
	}
	m, ok := body.(interface {
		train.Learner[corpus.Batch]
		lm.Model
	})
	if !ok {
		return nil, fmt.Errorf("%s cannot be asked", c.name)
	}
	if _, err := train.Run(ctx, m, src, t); err != nil {
		return nil, fmt.Errorf("%s answering %d labels: %w", c.name, len(questions), err)
	}
	return m, nil
}

// answerRate returns the learning rate of answering, chosen on Dev with seed 11.
func answerRate(labels int) float64 {
	if labels <= 50 {
		return 3e-4
	}
	return 1e-3
}

// era is one way to solve the task: its accuracies by the number of labels, one for each draw.
type era struct {
	era, how string
	of       map[int][]float64
}

func runEras(ctx context.Context, env *Env) (*Result, error) {
	_, draws := labelCounts(env)
	table := Table{
		Title: "accuracy on the labelled reviews, by era and by the number of labels, mean over " +
			"the draws ± 95 %",
		Columns: []string{"seed", "era", "how", "no label", "50 labels", "1000 labels"},
	}
	res := &Result{}
	for _, seed := range env.Seeds {
		w, test := reviewTask(seed, world.Test)
		acc, err := accuracies(ctx, env, seed, w, test)
		if err != nil {
			return nil, err
		}
		all, err := eras(ctx, env, seed, w, test, acc, draws)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			row := []string{fmt.Sprint(seed), e.era, e.how}
			for _, n := range []int{0, 50, 1000} {
				cell := "–"
				if len(e.of[n]) > 0 {
					cell = meanText(e.of[n])
				}
				row = append(row, cell)
			}
			table.add(row...)
		}
		best := fmt.Sprintf("%.3f", acc.limit)
		table.add(fmt.Sprint(seed), "", "the limit", best, best, best)
		res.Seeds = append(res.Seeds, erasVerdict(seed, acc.limit, all))
	}
	res.Tables = []Table{table}
	return res, nil
}

// eras measures the asked models and adds the classifiers that labels measures.
func eras(
	ctx context.Context, env *Env, seed uint64, w *task.World, test *task.Set, acc scores,
	draws int,
) ([]era, error) {
	gpt, err := env.Store.Pretrained(ctx, env, pretraining("gpt", seed, env))
	if err != nil {
		return nil, err
	}
	ngram, err := env.Store.Pretrained(ctx, env, Pretraining{
		Species: "ngram", Corpus: zoo.ReviewsName, Tokens: reviewTokens, Seed: seed,
	})
	if err != nil {
		return nil, err
	}
	c := contender{name: "GPT", run: gpt}
	random := c
	random.random = true
	untaught, err := random.body(seed)
	if err != nil {
		return nil, err
	}
	questions := asNotes(gpt.Tokenizer, test)
	zero := func(m any) map[int][]float64 {
		var share float64
		if err == nil {
			share, err = askedForWord(m.(lm.Model), gpt.Tokenizer, questions)
		}
		return map[int][]float64{0: {share}}
	}
	answers, fitErr := answersOf(ctx, env, c, w, questions, draws, seed)
	if fitErr != nil {
		return nil, fitErr
	}
	return []era{
		{"SLM", "3-grams, counted for each label", acc.of["3-grams of each label"]},
		{"SLM", "a 5-gram, asked", zero(ngram.Model)},
		{"NLM", "word2vec and a linear classifier", acc.of["word2vec"]},
		{"PLM", "GPT-1, fine-tuned", acc.of["GPT-1"]},
		{"PLM", "BERT, fine-tuned", acc.of["BERT"]},
		{"LLM", "GPT, asked for the next word", zero(gpt.Model)},
		{"LLM", "GPT, tuned to answer with a word", answers},
		{"LLM", "GPT with random weights, asked", zero(untaught)},
	}, err
}

// answersOf returns the accuracies of a model that learned to answer, by the number of labels.
func answersOf(
	ctx context.Context, env *Env, c contender, w *task.World, questions []question, draws int,
	seed uint64,
) (map[int][]float64, error) {
	sizes := []int{50, 1000}
	of := map[int][]float64{50: make([]float64, draws), 1000: make([]float64, draws)}
	return of, each(ctx, env, len(sizes)*draws, func(ctx context.Context, i int) error {
		n, d := sizes[i%len(sizes)], i/len(sizes)
		drawn, err := w.Train.Draw(n, drawSeed(seed, d))
		if err != nil {
			return err
		}
		m, err := c.answering(ctx, asNotes(c.run.Tokenizer, drawn), drawSeed(seed, d))
		if err != nil {
			return err
		}
		of[n][d], err = askedForWord(m, c.run.Tokenizer, questions)
		return err
	})
}

// erasVerdict returns the verdict for one seed.
func erasVerdict(seed uint64, limit float64, all []era) Verdict {
	at := func(how string, n int) float64 {
		for _, e := range all {
			if e.how == how {
				m, _, _ := eval.Mean(e.of[n])
				return m
			}
		}
		return math.NaN()
	}
	m := map[string]float64{
		"limit":    limit,
		"count":    at("3-grams, counted for each label", 50),
		"vectors":  at("word2vec and a linear classifier", 50),
		"tuned":    at("GPT-1, fine-tuned", 50),
		"answers":  at("GPT, tuned to answer with a word", 50),
		"asked":    at("GPT, asked for the next word", 0),
		"counted":  at("a 5-gram, asked", 0),
		"untaught": at("GPT with random weights, asked", 0),
	}
	return Verdict{Seed: seed, Measures: m, Held: erasHeld(m)}
}

// erasHeld reports whether the claim held, with the measures of a verdict.
func erasHeld(m map[string]float64) bool {
	return m["count"] < m["vectors"] && m["vectors"] < m["tuned"] &&
		m["asked"] > 0.55 && m["asked"] > m["untaught"] && m["asked"] < m["tuned"]
}
