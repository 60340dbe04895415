package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

func TestRepeats(t *testing.T) {
	docs := held(200, repeatedTokens, repeatedText.draw, 1)
	copies := inCopy(docs)
	lengths := map[int]int{}
	for d, doc := range docs {
		p := period(doc)
		lengths[p]++
		seen := map[lm.Token]bool{}
		for i, tok := range doc {
			require.Equal(t, i > p, copies(d, i))
			if i < p {
				require.False(t, seen[tok], "symbols of a block are distinct")
				seen[tok] = true
			} else {
				require.Equal(t, doc[i-p], tok)
			}
		}
	}
	require.Len(t, lengths, 13, "8 to 20")
	require.Equal(t, 3, period([]lm.Token{1, 2, 3}))
}

// TestAddAttention plants heads whose roles are known.
func TestAddAttention(t *testing.T) {
	docs := held(5, repeatedTokens, repeatedText.draw, 1)
	attention := func(text []lm.Token) ([]lm.Token, [][][][]float32) {
		at := func(target func(t int) int) (att [][]float32) {
			for t := range len(text) + 1 {
				row := make([]float32, t+1)
				row[target(t)] = 1
				att = append(att, row)
			}
			return att
		}
		induction := func(t int) int { // row t reads text[t−1]
			for s := t - 1; s > 0; s-- {
				if text[s-1] == text[t-1] {
					return s + 1
				}
			}
			return 0
		}
		return text, [][][][]float32{{
			at(induction), at(func(t int) int { return max(t-1, 0) }),
			at(func(int) int { return 0 }),
		}}
	}
	roles := make([]headRole, 3)
	for i := range roles {
		roles[i].head.Head = i
	}
	addAttention(roles, attention, docs)
	require.InDelta(t, 1, roles[0].prefix, 1e-6)
	require.Less(t, roles[0].previous, 0.1)
	require.InDelta(t, 0, roles[1].prefix, 1e-6)
	require.InDelta(t, 1, roles[1].previous, 1e-6)
	require.InDelta(t, 0, roles[2].prefix, 1e-6)
}

// TestNetworks checks that every kind of network learns from fresh documents, and gives the same
// results with the same seed, and that read reports what the model predicts token by token.
func TestNetworks(t *testing.T) {
	text := repeats{symbols: 6, shortest: 3, most: 4}
	docs := held(40, 10, text.draw, 1)
	for _, s := range []shape{
		{"GPT", "gpt", 2, 2, 8, false}, {"smear", "gpt", 1, 2, 8, true},
		{"llama", "llama", 2, 2, 8, false}, {"LSTM", "lstm", 1, 0, 8, false},
	} {
		var nats [2]float64
		for i := range nats {
			n, err := s.build(text.vocab(), 10, 1)
			require.NoError(t, err)
			before := scored(n, docs, inCopy(docs)).nats
			steps := 0
			err = n.teach(t.Context(), schooling{rows: 4, steps: 30, lr: 1e-2}, 10, text.draw, 1,
				func(step int) {
					require.Equal(t, steps, step)
					steps++
				})
			require.NoError(t, err)
			require.Equal(t, 31, steps)
			nats[i] = scored(n, docs, inCopy(docs)).nats
			require.Less(t, nats[i], before, s.name)
			var all, one []float64
			n.read(docs[:2], func(_, _ int, p []float64) { all = append(all, p...) })
			stepper{n.body}.read(docs[:2], func(_, _ int, p []float64) { one = append(one, p...) })
			require.InDeltaSlice(t, one, all, 1e-4, s.name)
		}
		require.Equal(t, nats[0], nats[1], s.name)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n, err := s.build(text.vocab(), 10, 1)
		require.NoError(t, err)
		err = n.teach(ctx, schooling{rows: 4, steps: 30, lr: 1e-2}, 10, text.draw, 1, nil)
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := shape{kind: "elman"}.build(5, 5, 1)
	require.ErrorContains(t, err, "want gpt, llama or lstm")
}

func fetch(f *fresh, step int) (b corpus.Batch) {
	f.Batch(&b, step)
	return b
}

// TestFresh checks that only the marked tokens carry loss, and that a step has the same documents
// every time.
func TestFresh(t *testing.T) {
	f := &fresh{rows: 3, tokens: 6, draw: labelling{2, 3, 2}.draw, seed: 1}
	a, b := fetch(f, 4), fetch(f, 4)
	require.Equal(t, a, b)
	require.NotEqual(t, a, fetch(f, 5))
	require.NotEqual(t, a, fetch(&fresh{rows: 3, tokens: 6, draw: f.draw, seed: 2}, 4))
	require.NoError(t, a.Validate())
	require.Equal(t, 9, a.N)
	for i := range a.X {
		if i%2 == 0 {
			require.Equal(t, lm.Token(-1), a.Y[i])
			continue
		}
		require.Less(t, lm.Token(6), a.Y[i], "a label")
	}
}

// TestBayes compares the exact rule with a sum over all maps from categories to labels, and its
// accuracy with the formula.
func TestBayes(t *testing.T) {
	task := labelling{categories: 3, words: 2, labels: 2}
	docs := held(2000, 8, task.draw, 1)
	var right [4]float64
	bayes{task}.read(docs, func(d, at int, logProbs []float64) {
		if best(logProbs) == docs[d][at] {
			right[at/2] += 1.0 / float64(len(docs))
		}
		if d > 20 {
			return
		}
		sums := map[lm.Token]float64{}
		for code := range 8 { // label i of category c is bit c
			label := func(w lm.Token) lm.Token { return task.label(code >> task.category(w) & 1) }
			fits := true
			for i := 1; i < at; i += 2 {
				fits = fits && label(docs[d][i-1]) == docs[d][i]
			}
			if fits {
				sums[label(docs[d][at-1])]++
			}
		}
		total := sums[task.label(0)] + sums[task.label(1)]
		for i := range 2 {
			require.InDelta(t, sums[task.label(i)]/total, math.Exp(logProbs[task.label(i)]), 1e-12)
		}
	})
	for k, share := range right {
		require.InDelta(t, bayes{task}.limit(k), share, 0.03)
	}
	require.InDelta(t, 0.36, bayes{fewShotTask}.limit(1), 1e-12)

	shuffled := task.shuffled(docs, 1)
	require.NotEqual(t, docs, shuffled)
	for d := range docs {
		require.Equal(t, docs[d][6:], shuffled[d][6:], "the last pair stays")
		require.Equal(t, docs[d][0], shuffled[d][0])
	}
}

// TestCounter checks that add-one counts of pairs are the posterior mean, here by an integral over
// the unknown probability.
func TestCounter(t *testing.T) {
	two := chains{states: 2}
	doc := []lm.Token{1, 1, 2, 1, 1, 1, 2, 2, 1}
	counter{two, 2}.read([][]lm.Token{doc}, func(_, at int, logProbs []float64) {
		require.True(t, math.IsInf(logProbs[lm.BOS], -1))
		if at == 0 {
			require.InDelta(t, 0.5, math.Exp(logProbs[1]), 1e-12)
			return
		}
		const grid = 4000
		mean, norm := 0.0, 0.0
		for g := range grid {
			p := (float64(g) + 0.5) / grid // P(1 | the state before)
			weight := 1.0
			for i := 1; i < at; i++ {
				switch {
				case doc[i-1] != doc[at-1]:
				case doc[i] == 1:
					weight *= p
				default:
					weight *= 1 - p
				}
			}
			mean, norm = mean+p*weight, norm+weight
		}
		require.InDelta(t, mean/norm, math.Exp(logProbs[1]), 1e-6)
	})

	// over many chains no predictor is better, and predictors with fewer counts are worse
	docs := held(300, 64, strangers.draw, 1)
	var nats [3]float64
	for order := range nats {
		all := func(_, _ int) bool { return true }
		nats[order] = scored(counter{strangers, order}, docs, all).nats
	}
	require.InDelta(t, math.Log(3), nats[0], 1e-9)
	require.Less(t, nats[1], nats[0]-0.02)
	require.Less(t, nats[2], nats[1]-0.02)

	want := predictions(docs[:10])
	kl := distances(counter{strangers, 1}, docs[:10], want)
	require.InDelta(t, 0, kl[1], 1e-12)
	require.Greater(t, kl[2], 0.02)
}

// TestPassages checks that the plain text has the stated entropy, and that its limit is the limit
// of the source.
func TestPassages(t *testing.T) {
	p := newPassages(1)
	require.InDelta(t, plainNats, p.entropy(), 1e-3)
	rng := rand.New(rand.NewPCG(1, 1))
	nats, n := 0.0, 0
	for range 2000 {
		doc := make([]lm.Token, iclTokens)
		p.drawPlain(rng, doc)
		for i := 20; i < len(doc); i++ { // the first words are not in the stationary distribution
			nats -= p.limit(doc, i)
			n++
		}
	}
	require.InDelta(t, plainNats, nats/float64(n), 0.03)

	replaced, later := 0, 0
	for range 200 {
		doc := make([]lm.Token, iclTokens)
		p.drawRepeated(rng, doc, 0.4)
		length := 0
		for q := p.shortest; q <= p.most && length == 0; q++ {
			same := true
			for i := q; i < len(doc); i++ {
				same = same && p.category(doc[i]) == p.category(doc[i-q])
			}
			if same {
				length = q
			}
		}
		require.Positive(t, length, "categories repeat")
		for i := length; i < len(doc); i++ {
			later++
			if doc[i] != doc[i%length] {
				replaced++
			}
		}
	}
	require.InDelta(t, 0.4*7/8, float64(replaced)/float64(later), 0.02)
}

// lookup is a reader that answers with the token that followed the same token earlier in the text,
// or followed a similar word, and guesses otherwise. With random answers in the text it is the
// control.
type lookup struct {
	p    *passages
	like bool // compares categories instead of tokens
}

func (l lookup) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	for d, doc := range docs {
		for at := range doc {
			probs := make([]float64, l.p.vocab())
			for i := at - 2; at > 0 && i >= 0; i-- {
				if doc[i] == doc[at-1] ||
					l.like && l.p.category(doc[i]) == l.p.category(doc[at-1]) {
					probs[doc[i+1]] = 1
					break
				}
			}
			see(d, at, probs)
		}
	}
}

// TestExams checks that a reader that looks words up is right about dictionaries after one shot,
// that a reader that looks up categories is right about labels, and that random answers in the text
// make both useless.
func TestExams(t *testing.T) {
	e := newICLExams(newPassages(1), 300, 1)
	look, like := lookup{e.text, false}, lookup{e.text, true}
	marks := e.dictionary[0].marks(look)
	require.Less(t, marks[0].right, 0.1)
	for _, s := range marks[1:] {
		require.InDelta(t, 1, s.right, 0)
	}
	require.InDelta(t, 0.2, over(e.dictionary[1].marks(look), 1, 4), 0.05)
	labels := e.name[0].marks(like)
	require.Greater(t, labels[8].right, 0.95)
	require.InDelta(t, 0.5, over(e.name[1].marks(like), 4, 8), 0.05)
	require.Less(t, over(e.name[0].marks(look), 4, 8), 0.5, "the same word is rarely there")
	l := e.mark(look, 7)
	require.Equal(t, 7, l.step)
	require.InDelta(t, 1, l.repeats, 0)
}

// TestCircuit plants heads with known roles.
func TestCircuit(t *testing.T) {
	roles := make([]headRole, 4)
	for i, r := range []headRole{
		{previous: 0.9, mean: 0.2}, {previous: 0.1, mean: 0.98}, {prefix: 0.9, mean: 0.7},
		{prefix: 0.8, mean: 0.9},
	} {
		r.head = transformer.Head{Layer: i / 2, Head: i % 2}
		roles[i] = r
	}
	m := map[string]float64{}
	require.NoError(t, addCircuit(m, roles, func(heads []transformer.Head) (float64, error) {
		require.Equal(t, []transformer.Head{{Layer: 1}, {Layer: 1, Head: 1}}, heads)
		return 0.05, nil
	}))
	require.Equal(t, map[string]float64{"heads": 2, "without_induction": 0.05, "without_one": 0.7,
		"without_previous": 0.2, "without_other": 0.98}, m)
}

// TestGroups plants two heads that look back and two that do not.
func TestGroups(t *testing.T) {
	head := func(l, h int) transformer.Head { return transformer.Head{Layer: l, Head: h} }
	m := map[string]float64{}
	require.NoError(t, addGroups(m, []headRole{
		{head: head(0, 0), previous: 0.1}, {head: head(0, 1), previous: 0.9},
		{head: head(0, 2), previous: 0.2}, {head: head(0, 3), previous: 0.8},
		{head: head(1, 0), prefix: 0.4}, {head: head(1, 1), prefix: 0.6},
	}, func(heads []transformer.Head) (float64, error) {
		switch heads[0] {
		case head(1, 1):
			require.Len(t, heads, 1)
			return 0.1, nil
		case head(0, 1):
			require.Equal(t, []transformer.Head{head(0, 1), head(0, 3)}, heads)
			return 0.2, nil
		}
		require.ElementsMatch(t, []transformer.Head{head(0, 0), head(0, 2)}, heads)
		return 0.9, nil
	}))
	require.Equal(t, map[string]float64{"four_heads": 1, "four_induction": 0.1,
		"four_previous": 0.2, "four_others": 0.9}, m)
}

// TestHeadRoles checks that a model without all heads of a layer equals the model without each of
// them in turn.
func TestHeadRoles(t *testing.T) {
	s := shape{"two", "llama", 2, 2, 8, false}
	n, err := s.build(repeatedText.vocab(), repeatedTokens, 1)
	require.NoError(t, err)
	m := n.body.(*transformer.Llama)
	docs := copies(1)[:10]
	roles, without, err := headRoles(n, m, docs)
	require.NoError(t, err)
	require.Len(t, roles, 4)
	for _, r := range roles {
		got, err := without([]transformer.Head{r.head})
		require.NoError(t, err)
		require.InDelta(t, r.mean, got, 0)
		require.InDelta(t, 0.07, r.prefix, 0.07, "a random head attends anywhere")
	}
}

// fails checks that a verdict holds for base and for no change of one measure.
func fails(t *testing.T, base map[string]float64, holds func(map[string]float64) bool,
	changes map[string]float64) {
	t.Helper()
	require.True(t, holds(base))
	for name, x := range changes {
		m := maps.Clone(base)
		m[name] = x
		require.False(t, holds(m), name)
	}
}

func TestVerdictsInContext(t *testing.T) {
	fails(t, map[string]float64{"two_accuracy": 1, "two_fall": 0.6, "smear_accuracy": 1,
		"one_accuracy": 0.2, "plain_accuracy": 0.2, "without_induction": 0.1,
		"four_accuracy": 1, "four_induction": 0.1, "four_previous": 0.3, "four_others": 0.95},
		inductionHeld, map[string]float64{"two_accuracy": 0.8, "two_fall": 0.4,
			"smear_accuracy": 0.8, "one_accuracy": 0.6, "plain_accuracy": 0.6,
			"without_induction": 0.7, "four_accuracy": 0.8, "four_induction": 0.7,
			"four_previous": 0.6, "four_others": 0.6})
	fails(t, map[string]float64{"smear_short": 0.01, "smear_shuffled": 0.2, "LSTM_low": 0.3,
		"GPT_low": 0.3, "llama_low": 0.3, "n-gram_low": 0.5}, fewShotHeld, map[string]float64{
		"smear_short": 0.03, "smear_shuffled": 0.4, "LSTM_low": 0.01, "GPT_low": 0,
		"llama_low": 0.02, "n-gram_low": 0})
	fails(t, map[string]float64{"two_unigram_step": 50, "two_bigram_step": 200, "two_bigram": 0.01,
		"one_bigram": 0.1, "one_unigram": 0.02}, markovHeld, map[string]float64{
		"two_unigram_step": -1, "two_bigram_step": 50, "two_bigram": 0.03, "one_bigram": 0.01})

	l := newLadder(&Env{Scale: Full})
	base := map[string]float64{}
	for _, s := range l.shapes {
		base[s.name+"_labels"], base[s.name+"_shuffled"] = 0.5, 0.5
		if s.onLadder() && s.channel >= 48 {
			base[s.name+"_labels"], base[s.name+"_dictionary"] = 0.95, 0.8
		}
	}
	base["d8_long_labels"], base["d16_long_labels"] = 0.5, 0.9
	fails(t, base, l.held, map[string]float64{"d48_labels": 0.8, "d96_shuffled": 0.6,
		"d64_dictionary": 0.3, "d16_labels": 0.6, "d8_labels": 0.6, "one_labels": 0.7,
		"LSTM_labels": 0.6, "d16_long_labels": 0.7})
	require.InDelta(t, 48, l.size(base), 0)
	base["d24_labels"] = 0.9
	require.InDelta(t, 48, l.size(base), 0, "32 does not learn")
	base["d96_labels"] = 0.6
	require.InDelta(t, -1, l.size(base), 0)
}

// TestFewShotVerdict checks that each seed reports its own models, although the models of all seeds
// share an array.
func TestFewShotVerdict(t *testing.T) {
	var all []labelled
	for _, name := range []string{"smear", "LSTM", "smear", "LSTM"} {
		docs, shuffled := fewShotTest(uint64(1 + len(all)/2))
		l := label(name, bayes{fewShotTask}, docs, shuffled)
		l.steps = []float64{0.5, 0.01}
		all = append(all, l)
	}
	var shots, curve Table
	for i, seed := range []uint64{1, 2} {
		v, err := fewShotVerdict(seed, all[2*i:][:2], &shots, &curve)
		require.NoError(t, err)
		require.InDelta(t, 0, v.Measures["smear_short"], 0)
		require.InDelta(t, 2*fewShotEvery, v.Measures["LSTM_step"], 0)
		require.Greater(t, v.Measures["n-gram_low"], 0.2)
		require.Less(t, v.Measures["n-gram_nats"], 2.0)
	}
	var rows []string
	for _, row := range append(shots.Rows, curve.Rows...) {
		rows = append(rows, row[0]+row[1])
	}
	require.Equal(t, []string{"1smear", "1LSTM", "1n-gram", "1Bayes", "2smear", "2LSTM", "2n-gram",
		"2Bayes", "1smear", "1LSTM", "2smear", "2LSTM"}, rows)
}

// TestSampleOfFewShot repeats the committed measurements that need no network.
func TestSampleOfFewShot(t *testing.T) {
	data, err := os.ReadFile("../docs/lab/fewshot.json")
	require.NoError(t, err)
	var res Result
	require.NoError(t, json.Unmarshal(data, &res))
	docs, shuffled := fewShotTest(1)
	g, err := guesser(1)
	require.NoError(t, err)
	for name, r := range map[string]reader{"Bayes": bayes{fewShotTask}, "n-gram": g} {
		row := []string{"1", name}
		for _, s := range label(name, r, docs, shuffled).curve {
			row = append(row, fmt.Sprintf("%.2f", s.right))
		}
		require.Contains(t, res.Tables[0].Rows, row)
	}
}

// TestLadder runs a small ladder twice: the tables are complete, and any number of threads gives
// the same numbers.
func TestLadder(t *testing.T) {
	l := ladder{
		shapes: []shape{{"d8", "llama", 2, 2, 8, false}, {"LSTM", "lstm", 1, 0, 8, false}},
		steps:  4, every: 2, texts: 10, long: 8, goOn: []string{"d8"},
	}
	var all []*Result
	for _, threads := range []int{1, 2} {
		res, err := l.run(t.Context(), &Env{Seeds: []uint64{1, 2}, Threads: threads})
		require.NoError(t, err)
		all = append(all, res)
	}
	require.Equal(t, all[0], all[1])
	require.Len(t, all[0].Seeds, 2)
	require.Len(t, all[0].Tables[0].Rows, 6, "two seeds of three models")
	for _, table := range all[0].Tables {
		for _, row := range table.Rows {
			require.Len(t, row, len(table.Columns), table.Title)
		}
	}
	require.Equal(t, []string{"2", "4", "6", "8"}, all[0].Tables[1].Columns[2:])
	require.Contains(t, all[0].Seeds[0].Measures, "d8_long_labels")
	require.NotContains(t, all[0].Seeds[0].Measures, "LSTM_long_labels")
	require.InDelta(t, -1, all[0].Seeds[0].Measures["d8_step"], 0)
}
