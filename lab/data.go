package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"lmzoo/corpus"
	"lmzoo/corpus/refine"
	"lmzoo/corpus/world"
)

// Data measures the cost of dirt in the training text, and how much of it refining recovers. A seed
// takes about a minute on two cores at full scale. Sizes, the share of the contamination rule and
// the share of trusted documents that the step quality lets pass were chosen on seed 9.
func Data() Experiment {
	return Experiment{
		Name: "data", Era: "LLM", Year: 2022,
		Topic: "data",
		Paper: "Lee et al. 2022; Wenzek et al. 2020; Brown et al. 2020, appendix C",
		Claim: "At equal steps, noise and duplicates cost a model loss on clean text, and " +
			"refining gives at least half of it back; test documents in the training text " +
			"make the reported loss too good, and removing them restores it.",
		Figures: []Figure{{
			Title: "What dirt costs, and what refining gives back",
			Look: "Compare each kind of dirt with the row below it, the same text refined; with " +
				"leaked test documents, the two dots diverge.",
			X: "training text", Y: []string{"clean test", "leaked test"}, Dots: true,
			YAxis: "gap to the limit, nats per token",
		}},
		Measures: map[string]string{
			"DIRT": "gap of a model trained on text with that dirt less the gap of one " +
				"trained on clean text, in nats per token of clean test documents",
			"DIRT_low":            "lower end of its 95 % interval, paired over the documents",
			"DIRT_refined":        "the same after refining",
			"DIRT_back":           "how much refining gave back: DIRT less DIRT_refined",
			"DIRT_back_low":       "lower end of its 95 % interval",
			"leak_gain":           "gap of the clean model less the leaked one's, on the leaks",
			"leak_gain_low":       "lower end of its 95 % interval",
			"leak_left":           "the same after removing what the test holds",
			"leak_left_high":      "upper end of its 95 % interval",
			"precision, recall":   "of the documents that the step quality removed, for noise",
			"clean_gap":           "gap of the model trained on clean text",
			"DIRT_documents_kept": "share of the documents that refining kept",
		},
		Run: runData,
	}
}

const (
	dataDocuments = 6000 // documents in every training text
	dataTest      = 500
	dataLeaked    = 250 // test documents that are also in the leaked text
	dataCopies    = 8   // copies of each of them
	dataTrusted   = 300 // clean documents that thresholds are fitted on
	dataSteps     = 250
)

// dirtyText is a training text with one kind of dirt, and the refining steps against it.
type dirtyText struct {
	name  string
	docs  []corpus.Document
	noisy map[string]bool // the documents that are noise
	steps []string
}

func runData(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "gap to the limit in nats per token after the same number of steps",
		Columns: []string{"seed", "training text", "documents", "clean test", "against clean",
			"leaked test"},
	}, {
		Title:   "what refining removed",
		Columns: []string{"seed", "training text", "step", "documents", "removed"},
	}}}
	n := pick(env, dataDocuments, 2000)
	for _, seed := range env.Seeds {
		v, err := dataSeed(ctx, env, seed, n, pick(env, dataSteps, 100), res)
		if err != nil {
			return nil, err
		}
		res.Seeds = append(res.Seeds, v)
	}
	return res, nil
}

func dataSeed(
	ctx context.Context, env *Env, seed uint64, n, steps int, res *Result,
) (Verdict, error) {
	w, rng := world.New(world.DefaultSeed), rand.New(rand.NewPCG(seed, 12))
	draw := func(n int) []corpus.Document {
		docs := make([]corpus.Document, n)
		for i := range docs {
			docs[i] = w.Document(rng)
		}
		return docs
	}
	test, leaked, trusted, clean := draw(dataTest), draw(dataLeaked), draw(dataTrusted), draw(n)
	tok, err := corpus.Train("word", clean, 0)
	if err != nil {
		return Verdict{}, err
	}
	materials := []material{{name: "clean", docs: clean}}
	m := map[string]float64{}
	texts := dirtyTexts(rng, clean, leaked)
	for _, d := range texts {
		env.say("data, seed %d: refining %s", seed, d.name)
		refined, account, err := d.refine(ctx, trusted, append(test, leaked...))
		if err != nil {
			return Verdict{}, fmt.Errorf("refining %s: %w", d.name, err)
		}
		if d.noisy != nil && d.name == "noise" {
			m["precision"], m["recall"] = d.found(refined)
		}
		m[d.name+"_documents_kept"] = float64(len(refined)) / float64(len(d.docs))
		for _, s := range account.Steps {
			if s.DocumentsIn > s.DocumentsOut {
				res.Tables[1].add(fmt.Sprint(seed), d.name, s.Name, fmt.Sprint(s.DocumentsIn),
					fmt.Sprint(s.DocumentsIn-s.DocumentsOut))
			}
		}
		materials = append(materials, material{name: d.name, docs: d.docs},
			material{name: d.name + ", refined", docs: refined})
	}
	t := &trial{tok: tok, steps: steps, seed: seed}
	costs, err := t.trainAll(ctx, env, "data", materials, test, leaked)
	if err != nil {
		return Verdict{}, err
	}
	for i, c := range costs {
		delta, low, high := c[0].less(costs[0][0])
		res.Tables[0].add(fmt.Sprint(seed), materials[i].name, fmt.Sprint(len(materials[i].docs)),
			fmt.Sprintf("%.4f", c[0].gap()), fmt.Sprintf("%+.4f ±%.4f", delta, (high-low)/2),
			fmt.Sprintf("%.4f", c[1].gap()))
	}
	for i, d := range texts {
		m[d.name], m[d.name+"_low"], _ = costs[1+2*i][0].less(costs[0][0])
		m[d.name+"_refined"], _, _ = costs[2+2*i][0].less(costs[0][0])
		m[d.name+"_back"], m[d.name+"_back_low"], _ = costs[1+2*i][0].less(costs[2+2*i][0])
		if d.name == "leak" {
			m["leak_gain"], m["leak_gain_low"], _ = costs[0][1].less(costs[1+2*i][1])
			m["leak_left"], _, m["leak_left_high"] = costs[0][1].less(costs[2+2*i][1])
		}
	}
	m["clean_gap"] = costs[0][0].gap()
	return dataVerdict(seed, m), nil
}

// dataVerdict returns the verdict for one seed. The claim holds if each kind of dirt costs
// something, refining gives at least half of it back, and at most half of the apparent gain from
// the leak is left.
func dataVerdict(seed uint64, m map[string]float64) Verdict {
	held := m["leak_gain_low"] > 0 && m["leak_left_high"] < m["leak_gain"]/2
	for _, dirt := range []string{"noise", "duplicates", "all"} {
		held = held && m[dirt+"_low"] > 0 && m[dirt+"_back_low"] > 0 &&
			m[dirt+"_back"] >= m[dirt]/2
	}
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// dirtyTexts returns training texts with the number of documents of clean: one for each kind of
// dirt, and one for all kinds together.
func dirtyTexts(rng *rand.Rand, clean, leaked []corpus.Document) []dirtyText {
	n := len(clean)
	noise, noisy := addNoise(rng, clean)
	var leak []corpus.Document
	for range dataCopies {
		leak = append(leak, leaked...)
	}
	leak = leak[:min(len(leak), n/4)]
	repeats := repeated(rng, clean[:n/100], n/2)
	all := append(append(append([]corpus.Document(nil), noise[:n/2]...), leak...), repeats...)
	all = all[:min(n, len(all))]
	return []dirtyText{
		{"noise", noise, noisy, []string{refine.Language, refine.Quality}},
		{"duplicates", append(append([]corpus.Document(nil), clean[:n-n/2]...), repeats...), nil,
			[]string{refine.Exact, refine.Near}},
		{"leak", append(append([]corpus.Document(nil), clean[:n-len(leak)]...), leak...), nil,
			[]string{refine.Contamination}},
		{"all", all, noisy, refine.StepNames()},
	}
}

// addNoise shuffles the words of every fifth document and replaces three of ten words of another
// fifth with random words of the text. It also returns the noisy documents.
func addNoise(rng *rand.Rand, clean []corpus.Document) ([]corpus.Document, map[string]bool) {
	var vocabulary []string
	for _, d := range clean[:100] {
		vocabulary = append(vocabulary, strings.Fields(d.Text)...)
	}
	docs, noisy := append([]corpus.Document(nil), clean...), map[string]bool{}
	for i := range docs {
		words := strings.Fields(docs[i].Text)
		switch i % 5 {
		case 0:
			rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		case 1:
			for j := range words {
				if rng.IntN(10) < 3 {
					words[j] = vocabulary[rng.IntN(len(vocabulary))]
				}
			}
		default:
			continue
		}
		docs[i] = corpus.Document{Text: strings.Join(words, " "), End: world.End}
		noisy[docs[i].Text] = true
	}
	return docs, noisy
}

// repeated returns n copies of documents, half of them with one word changed.
func repeated(rng *rand.Rand, docs []corpus.Document, n int) []corpus.Document {
	out := make([]corpus.Document, n)
	for i := range out {
		out[i] = docs[i%len(docs)]
		if rng.IntN(2) == 0 {
			words := strings.Fields(out[i].Text)
			words[rng.IntN(len(words))] = words[rng.IntN(len(words))]
			out[i] = corpus.Document{Text: strings.Join(words, " "), End: world.End}
		}
	}
	return out
}

// found returns the precision and the recall of removing noise.
func (d dirtyText) found(kept []corpus.Document) (precision, recall float64) {
	left := map[string]bool{}
	for _, k := range kept {
		left[k.Text] = true
	}
	removed, right := 0, 0
	for _, doc := range d.docs {
		if !left[doc.Text] {
			removed++
			if d.noisy[doc.Text] {
				right++
			}
		}
	}
	return float64(right) / float64(max(removed, 1)), float64(right) / float64(len(d.noisy))
}

// leakShare is the share of a document's n-grams that the test may hold. Documents of the world
// share many phrases, so a single shared phrase proves nothing.
const leakShare = 0.5

// refine passes the text through the steps against its dirt, as lmzoo refine does, with thresholds
// fitted on trusted documents.
func (d dirtyText) refine(
	ctx context.Context, trusted, test []corpus.Document,
) ([]corpus.Document, *refine.Account, error) {
	dir, err := os.MkdirTemp("", "lmzoo-data-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, docs := range map[string][]corpus.Document{"in": d.docs, "trusted": trusted,
		"test": test} {
		var b strings.Builder
		for _, doc := range docs {
			b.WriteString(doc.Text + "\n")
		}
		if err := os.WriteFile(path(name), []byte(b.String()), 0o666); err != nil {
			return nil, nil, err
		}
	}
	rules := refine.DefaultRules()
	rules.Leak.Share = leakShare
	account, err := refine.Run(ctx, refine.Options{
		Input: refine.Input{Sources: []string{path("in")}, Documents: corpus.Lines},
		Out:   path("out"), Steps: d.steps, Rules: rules, Threads: 2,
		Trusted: []string{path("trusted")}, Fit: true, Test: []string{path("test")},
	})
	if err != nil {
		return nil, nil, err
	}
	c, err := corpus.Load(ctx, corpus.Options{Source: path("out"), Ratio: corpus.Ratio{Train: 100}})
	if err != nil {
		return nil, nil, err
	}
	return c.Split.Train, account, nil
}
