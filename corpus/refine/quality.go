package refine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// QualityRule describes the data that the step quality was fitted on, and its cuts.
type QualityRule struct {
	Trusted []string `json:"trusted"` // files
	SHA256  string   `json:"sha256"`  // of the trusted text, after the steps that change texts
	// the most bits per byte that a document may cost, by language
	Cut map[string]float64 `json:"bits_per_byte"`
}

// quality is the step that removes what a small model of trusted text finds improbable (CCNet,
// Wenzek et al. 2020, §4): a 5-gram over byte pairs, one for each language. CCNet keeps a third of
// the documents; here the cut is where 95 % of the trusted documents pass that the model has not
// seen. Bits per byte stand for the perplexity, because byte pairs of odd text are shorter.
type quality struct {
	models map[string]*judge
	cut    map[string]float64
	usual  map[Group]string // the language of most trusted documents of a group
}

// judge is the model of one language.
type judge struct {
	tok   corpus.Tokenizer
	model *ngram.Model
}

const (
	qualityOrder = 5
	qualityVocab = 4096
	minTrusted   = 20 // documents of a language; fewer say nothing about a threshold
	heldOut      = 5  // every fifth document is not trained on
	passing      = 0.95
)

// trusted is text of the quality that is wanted.
type trusted struct {
	docs []*Document
	sha  string
}

// readTrusted reads trusted text and passes it through the steps that change texts.
func readTrusted(ctx context.Context, in Input, sources []string, memory int64) (*trusted, error) {
	in.Sources = sources
	r := &reader{Input: in, ctx: ctx}
	t, h, bytes := &trusted{}, sha256.New(), int64(0)
	steps := []Step{repairer{}, normalizer{}, stripper{}, identifier{}, masker{},
		newLiner(DefaultRules())}
	for d, err := range r.all() {
		if err != nil {
			return nil, fmt.Errorf("trusted text: %w", err)
		}
		if !d.removed {
			apply(d, steps)
		}
		if d.removed {
			continue
		}
		if bytes += int64(len(d.Text)); bytes > memory/64 {
			return nil, fmt.Errorf("trusted text: more than %d bytes; raise the memory bound, or "+
				"trust less text", memory/64)
		}
		io.WriteString(h, d.flat()+"\n\n") // writing to a hash does not fail
		t.docs = append(t.docs, d)
	}
	if len(t.docs) < minTrusted {
		return nil, fmt.Errorf("trusted text: %d documents; want at least %d: give more, or cut "+
			"the files into lines or paragraphs with --documents", len(t.docs), minTrusted)
	}
	t.sha = hex.EncodeToString(h.Sum(nil))
	return t, nil
}

// languages returns the documents of each language with enough of them. Documents in no language
// count to the most frequent language of their group, which is returned, too.
func (t *trusted) languages() (map[string][]*Document, map[Group]string) {
	count := map[Group]map[string]int{English: {}, Spaced: {}, Unspaced: {}}
	for _, d := range t.docs {
		if d.Language != "" {
			count[d.Group()][d.Language]++
		}
	}
	usual := map[Group]string{}
	for g, languages := range count {
		for _, l := range slices.Sorted(maps.Keys(languages)) {
			if languages[l] > languages[usual[g]] {
				usual[g] = l
			}
		}
	}
	all := map[string][]*Document{}
	for _, d := range t.docs {
		l := languageFor(d, usual)
		all[l] = append(all[l], d)
	}
	maps.DeleteFunc(all, func(_ string, docs []*Document) bool { return len(docs) < minTrusted })
	return all, usual
}

// languageFor returns the language whose model judges a document. A text in no language that has
// spaces is judged as English if nothing else is known.
func languageFor(d *Document, usual map[Group]string) string {
	switch g := d.Group(); {
	case d.Language != "":
		return d.Language
	case g == Spaced && usual[g] == "":
		return usual[English]
	default:
		return usual[g]
	}
}

// newQuality trains a model for each language on four fifths of its documents. Without a cut it
// fits one on the others.
func newQuality(t *trusted, cut map[string]float64) (*quality, error) {
	q := &quality{models: map[string]*judge{}, cut: cut}
	if cut == nil {
		q.cut = map[string]float64{}
	}
	languages, usual := t.languages()
	q.usual = usual
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		docs := languages[language]
		j, err := newJudge(docs)
		if err != nil {
			return nil, fmt.Errorf("quality of %s: %w", languageName(language), err)
		}
		q.models[language] = j
		if cut == nil {
			var scores []float64
			for i := heldOut - 1; i < len(docs); i += heldOut {
				scores = append(scores, j.bits(docs[i].flat()))
			}
			q.cut[language] = quantile(scores, passing)
		}
	}
	return q, nil
}

func newJudge(docs []*Document) (*judge, error) {
	var train []corpus.Document
	for i, d := range docs {
		if i%heldOut != heldOut-1 {
			train = append(train, corpus.Document{Text: d.flat()})
		}
	}
	tok, err := corpus.Train("bpe", train, qualityVocab)
	if err != nil {
		return nil, err
	}
	var encoded [][]lm.Token
	for _, d := range train {
		encoded = append(encoded, corpus.EncodeDocument(nil, tok, d))
	}
	m, _, err := ngram.Train(encoded, ngram.Config{Order: qualityOrder, Vocab: tok.Vocab(),
		NoCounts: true})
	return &judge{tok, m}, err
}

// bits returns the bits per byte that a text costs.
func (j *judge) bits(text string) float64 {
	nats := 0.0
	for _, p := range j.model.Score(nil, j.tok.Encode(nil, text)) {
		nats -= p
	}
	return nats / math.Ln2 / float64(max(len(text), 1))
}

func (*quality) Name() string { return Quality }

// facts lists the cuts.
func (q *quality) facts() (facts []string) {
	for _, language := range slices.Sorted(maps.Keys(q.cut)) {
		facts = append(facts, fmt.Sprintf("%s: at most %.3f bits per byte under a %d-gram of "+
			"trusted text", languageName(language), q.cut[language], qualityOrder))
	}
	return facts
}

// Apply judges a document by the model of its language. A document in no language is judged by the
// most frequent one of its group, one in a language without a model by none.
func (q *quality) Apply(d *Document) {
	language := languageFor(d, q.usual)
	j := q.models[language]
	cut, ok := q.cut[language]
	if j == nil || !ok {
		return
	}
	if b := j.bits(d.flat()); b > cut {
		d.Remove("improbable", fmt.Sprintf("%.3f bits per byte; want at most %.3f", b, cut))
	}
}

// quantile returns the least of some values that a share of them does not exceed.
func quantile(x []float64, share float64) float64 {
	x = slices.Sorted(slices.Values(x))
	at := int(math.Ceil(share*float64(len(x)))) - 1
	return x[min(max(at, 0), len(x)-1)]
}

// flat returns the text as it is written and compared: paragraphs are lines.
func (d *Document) flat() string { return strings.ReplaceAll(d.Text, "\n\n", "\n") }
