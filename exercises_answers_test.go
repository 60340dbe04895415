package lmzoo_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/mlp"
	"lmzoo/ngram"
	"lmzoo/nn"
)

// answers computes the answers of the exercises, by name.
var answers = map[string]func() string{
	// 1-counting
	"chain-rule":       chainRule,
	"chain-perplexity": chainPerplexity,
	"pairs-seen":       func() string { return fmt.Sprintf("%d", pairsSeen()) },
	"pairs-share":      func() string { return percent(float64(pairsSeen()) / (443 * 443)) },
	"words-bits":       func() string { return bits(80, 5) },
	"letters-bits":     func() string { return bits(2.5, 1) },

	// 2-smoothing
	"witten-bell-fish": func() string { return smoothed("witten-bell", "a", "fish") },
	"kneser-ney-fish":  func() string { return smoothed("kneser-ney", "a", "fish") },
	"good-turing":      func() string { return percent(goodTuring()) },
	"unseen":           func() string { return percent(unseen()) },
	"overfit-2":        func() string { return fmt.Sprintf("%.2f", overfit(2)) },
	"overfit-7":        func() string { return fmt.Sprintf("%.2f", overfit(7)) },

	// 3-nplm
	"nplm-params":        func() string { return fmt.Sprint(nplmParams(4)) },
	"nplm-context":       func() string { return fmt.Sprint(4 * (nplmParams(5) - nplmParams(4))) },
	"softmax-loss":       func() string { loss, _ := softmaxLoss(); return loss },
	"softmax-gradient-1": func() string { _, g := softmaxLoss(); return g[0] },
	"softmax-gradient-2": func() string { _, g := softmaxLoss(); return g[1] },
	"softmax-gradient-3": func() string { _, g := softmaxLoss(); return g[2] },
	"dog-table":          dogTable,
	"dog-network":        func() string { return sleeps(4) },
	"stone-network":      func() string { return sleeps(5) },

	// tokenisation
	"bpe-tokens":    bpeTokens,
	"hello-bytes":   func() string { return tokensOf("byte", "") },
	"hello-chars":   func() string { return tokensOf("char", hello) },
	"hello-english": func() string { return tokensOf("char", ", world") },
	"zh-chars":      func() string { return bits(30, 3) },
	"zh-bytes":      func() string { return bits(3, 1) },

	// sampling
	"cold-1":   func() string { return fmt.Sprintf("%.3f", cold()[0]) },
	"cold-2":   func() string { return fmt.Sprintf("%.3f", cold()[1]) },
	"cold-3":   func() string { return fmt.Sprintf("%.3f", cold()[2]) },
	"keep-k":   func() string { return remaining(sample.TopK(3)) },
	"keep-p":   func() string { return remaining(sample.TopP(.9)) },
	"keep-min": func() string { return remaining(sample.MinP(.25)) },
	"greedy-p": func() string { return searched(1) },
	"beam-p":   func() string { return searched(2) },
}

func percent(share float64) string { return fmt.Sprintf("%.1f", 100*share) }

// must returns v; an answer that cannot be computed stops the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// exerciseWorld is the text of the pages: 100,000 words of the world, and its tokenizer.
var exerciseWorld = sync.OnceValues(func() (corpus.Split, corpus.Tokenizer) {
	split := world.New(1).Split(1, 100_000, 20_000, 80_000)
	return split, must(corpus.Train("word", split.Train, 0))
})

// wordsOf returns documents as tokens, one for each word, and the vocabulary of the documents
// "</s>" included.
func wordsOf(docs ...string) (tokens [][]lm.Token, tok *corpus.Whitespace) {
	var all []corpus.Document
	for _, d := range docs {
		all = append(all, corpus.Document{Text: d, End: "\n"})
	}
	tok = must(corpus.TrainWhitespace(all, 0))
	return corpus.EncodeDocuments(tok, all), tok
}

// chain is the bigram of the first exercise, which has read "b a a b" and "a b a".
func chainModel() (*ngram.Model, []lm.Token) {
	docs, tok := wordsOf("b a a b", "a b a")
	m, _, err := ngram.Train(docs, ngram.Config{Order: 2, Smoothing: "mle", Vocab: tok.Vocab()})
	test := append(tok.Encode(nil, "a b"), lm.BOS)
	return must(m, err), test
}

func chainRule() string {
	m, test := chainModel()
	return fmt.Sprintf("%.3f", math.Exp(sum(lm.Score(m, test))))
}

func chainPerplexity() string {
	m, test := chainModel()
	r := eval.Result{Nats: -sum(lm.Score(m, test)), Tokens: len(test)}
	return fmt.Sprintf("%.3f", r.Perplexity())
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// grams returns the number of occurrences of each n-gram of documents. A document begins with one
// boundary and ends with another.
func grams(docs [][]lm.Token, n int) map[string]int {
	counts := map[string]int{}
	for _, doc := range docs {
		doc = slices.Concat([]lm.Token{lm.BOS}, doc)
		for i := range len(doc) - n + 1 {
			counts[fmt.Sprint(doc[i:i+n])]++
		}
	}
	return counts
}

func pairsSeen() int {
	split, tok := exerciseWorld()
	return len(grams(corpus.EncodeDocuments(tok, split.Train), 2))
}

// bits is the bits per byte of a model whose tokens have so many bytes.
func bits(perplexity float64, bytes int) string {
	r := eval.Result{Nats: math.Log(perplexity), Tokens: 1, Bytes: bytes}
	return fmt.Sprintf("%.3f", r.BitsPerByte())
}

// nineLines is the text of the page on smoothing.
var nineLines = []string{"the boat on the north sea", "the cat is my cat",
	"wind on the north sea", "her boat is on the north sea", "a cat and a fish",
	"my old cat and a fish", "the wind is on the boat", "a cold wind on the north sea",
	"a fish and a cat"}

// smoothed returns P(word | history) of a bigram of the nine lines.
func smoothed(smoothing, history, word string) string {
	docs, tok := wordsOf(nineLines...)
	m, _, err := ngram.Train(docs, ngram.Config{Order: 2, Smoothing: smoothing, Vocab: tok.Vocab(),
		Unk: corpus.Unk})
	p := must(m, err).NextLogProbs(nil, tok.Encode(nil, history))
	return fmt.Sprintf("%.4f", math.Exp(p[tok.Encode(nil, word)[0]]))
}

// goodTuring is the share of 5-grams that occur once in the training text.
func goodTuring() float64 {
	split, tok := exerciseWorld()
	once, all := 0, 0
	for _, n := range grams(corpus.EncodeDocuments(tok, split.Train), 5) {
		all += n
		if n == 1 {
			once++
		}
	}
	return float64(once) / float64(all)
}

// unseen is the share of the 5-grams of the test text that the training text does not have.
func unseen() float64 {
	split, tok := exerciseWorld()
	seen := grams(corpus.EncodeDocuments(tok, split.Train), 5)
	fresh, all := 0, 0
	for gram, n := range grams(corpus.EncodeDocuments(tok, split.Test), 5) {
		all += n
		if seen[gram] == 0 {
			fresh += n
		}
	}
	return float64(fresh) / float64(all)
}

// overfit is the perplexity of the test text over that of the training text.
func overfit(order int) float64 {
	split, tok := exerciseWorld()
	m, _, err := ngram.Train(corpus.EncodeDocuments(tok, split.Train),
		ngram.Config{Order: order, Vocab: tok.Vocab()})
	perplexity := func(docs []corpus.Document) float64 {
		report := must(eval.Run(context.Background(), must(m, err), tok, docs, eval.Options{}))
		return report.Perplexity()
	}
	return perplexity(split.Test) / perplexity(split.Train)
}

// nplmParams is the number of parameters of a network that reads so many words.
func nplmParams(words int) int {
	m := must(mlp.New(mlp.Config{VocabSize: 50_000, Context: words, NEmbd: 32, Hidden: 64},
		rand.New(rand.NewPCG(1, 1))))
	return nn.Count(m)
}

// softmaxLoss is the loss of three logits, and its gradient.
func softmaxLoss() (loss string, gradient []string) {
	logits := autograd.NewParam(1, 3)
	copy(logits.Data, []float32{2, 1, 0})
	tape := autograd.NewTape()
	l := tape.CrossEntropy(logits, []int32{1}, 1)
	tape.Backward(l)
	for _, g := range logits.Grad {
		gradient = append(gradient, fmt.Sprintf("%.3f", g))
	}
	return fmt.Sprintf("%.3f", l.Data[0]), gradient
}

// catsAndDogs is a text of the words "", the, a, cat, dog, stone, runs, sleeps, falls.
var catsAndDogs = []lm.Token{
	0, 1, 3, 6, 0, 1, 3, 7, 0, 2, 3, 6, 0, 2, 3, 7, // cats run and sleep
	0, 1, 4, 6, 0, 2, 4, 6, // dogs run
	0, 1, 5, 8, 0, 2, 5, 8, // stones fall
	0,
}

// dogTable is P(sleeps | the dog) of a trigram.
func dogTable() string {
	var docs [][]lm.Token
	for i := 1; i < len(catsAndDogs); i += 4 {
		docs = append(docs, catsAndDogs[i:i+4])
	}
	m, _, err := ngram.Train(docs, ngram.Config{Order: 3, Smoothing: "mle", Vocab: 9})
	return fmt.Sprintf("%.1f", math.Exp(must(m, err).NextLogProbs(nil, []lm.Token{1, 4})[7]))
}

// catNetwork is a network that has learned catsAndDogs.
var catNetwork = sync.OnceValue(func() *mlp.Model {
	n := len(catsAndDogs) - 1
	batch := corpus.Batch{B: 1, T: n, X: catsAndDogs[:n], Y: catsAndDogs[1:], N: n}
	m := must(mlp.New(mlp.Config{VocabSize: 9, Context: 2, NEmbd: 2, Hidden: 8},
		rand.New(rand.NewPCG(1, 1))))
	tape := autograd.NewTape()
	for range 300 {
		tape.Reset()
		tape.Backward(m.Loss(tape, batch))
		for _, p := range nn.Params(m) { // gradient descent
			for i := range p.Grad {
				p.Data[i] -= 0.3 * p.Grad[i]
				p.Grad[i] = 0
			}
		}
	}
	return m
})

// sleeps is P(sleeps | the subject) of the network.
func sleeps(subject lm.Token) string {
	p := catNetwork().NextLogProbs(nil, []lm.Token{1, subject})
	return fmt.Sprintf("%.1f", math.Exp(p[7]))
}

// bpeTokens is the number of tokens of two words after the merges of the page.
func bpeTokens() string {
	text := "low low low lower lower newest newest newest newest widest widest"
	bpe := must(corpus.TrainBPE([]corpus.Document{{Text: text}}, 1+256+8))
	return fmt.Sprint(len(bpe.Encode(nil, "lower newest")))
}

const hello = "你好, world"

// tokensOf is the number of tokens of hello for a tokenizer that has read a text.
func tokensOf(tokenizer, text string) string {
	tok := must(corpus.Train(tokenizer, []corpus.Document{{Text: text}}, 0))
	return fmt.Sprint(len(tok.Encode(nil, hello)))
}

// logs returns ln p.
func logs(p ...float64) []float64 {
	for i := range p {
		p[i] = math.Log(p[i])
	}
	return p
}

// cold is a distribution at temperature ½.
func cold() []float64 {
	p := logs(.5, .3, .2)
	if err := sample.Apply(p, must(sample.Temperature(.5))); err != nil {
		panic(err)
	}
	for i := range p {
		p[i] = math.Exp(p[i])
	}
	return p
}

// remaining is the number of five tokens that a warp leaves.
func remaining(warp sample.Warp, err error) string {
	p := logs(.5, .2, .15, .1, .05)
	must(warp, err)(p)
	n := 0
	for _, lp := range p {
		if !math.IsInf(lp, -1) {
			n++
		}
	}
	return fmt.Sprint(n)
}

// twoLetters is a model of texts of two letters: its rows are P(next | last), for the beginning and
// for a and b, which are tokens 1 and 2; x, y and z are 3, 4 and 5.
type twoLetters [][]float64

func (twoLetters) Vocab() int { return 6 }

func (m twoLetters) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	last := lm.BOS
	if n := len(context); n > 0 {
		last = context[n-1]
	}
	return append(dst[:0], logs(slices.Clone(m[last])...)...)
}

// searched is the probability of the text that a beam finds.
func searched(width int) string {
	m := twoLetters{{0, .6, .4, 0, 0, 0}, {0, 0, 0, .5, .5, 0}, {0, 0, 0, .1, 0, .9}}
	found := must(sample.Beam(context.Background(), lm.Start(m), width, 2))
	return fmt.Sprintf("%.2f", math.Exp(found[0].LogProb))
}
