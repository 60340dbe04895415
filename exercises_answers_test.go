package lmzoo_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// answers maps the names of exercises to functions that compute their answers.
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

	// 4-elman
	"vanish-0":     func() string { return fmt.Sprintf("%.3f", vanish(0)) },
	"vanish-5":     func() string { return fmt.Sprintf("%.7f", vanish(.5)) },
	"elman-params": func() string { return fmt.Sprint(recurrent("elman", 445, 32, 128)) },
	"forget-elman": func() string { return forgets("elman") },
	"forget-lstm":  func() string { return forgets("lstm") },
	"forget-gru":   func() string { return forgets("gru") },

	// 5-lstm-gru
	"keep-new":   func() string { return fmt.Sprintf("%.5f", cellAfter(30, 1)) },
	"keep-bias":  func() string { return halfLifeBias(30) },
	"lstm-more":  func() string { return fmt.Sprint(recurrentOf("lstm") - recurrentOf("elman")) },
	"gru-more":   func() string { return fmt.Sprint(recurrentOf("gru") - recurrentOf("elman")) },
	"gate-steps": gateSteps,

	// 6-transformer
	"attention-weight": func() string { return fmt.Sprintf("%.3f", attend()) },
	"block-params":     func() string { return fmt.Sprint(blockParams(64)) },
	"block-double":     func() string { return fmt.Sprint(blockParams(128)) },
	"window-tokens":    windowTokens,

	// tokenization
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

// must returns v. It panics if there is an error, which stops the test.
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

// wordsOf returns documents as tokens, one per word, and their tokenizer, whose vocabulary includes
// "</s>".
func wordsOf(docs ...string) (tokens [][]lm.Token, tok *corpus.Whitespace) {
	var all []corpus.Document
	for _, d := range docs {
		all = append(all, corpus.Document{Text: d, End: "\n"})
	}
	tok = must(corpus.TrainWhitespace(all, 0))
	return corpus.EncodeDocuments(tok, all), tok
}

// chainModel returns the bigram model of the first exercise, trained on "b a a b" and "a b a", and
// its test text.
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

// bits returns the bits per byte of a model with a perplexity per token of the given number of
// bytes.
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

// goodTuring returns the share of 5-grams that occur once in the training text.
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

// unseen returns the share of the 5-grams of the test text that do not occur in the training text.
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

// overfit returns the perplexity of the test text divided by that of the training text.
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

// nplmParams returns the number of parameters of a network that reads the given number of words.
func nplmParams(words int) int {
	m := must(mlp.New(mlp.Config{VocabSize: 50_000, Context: words, NEmbd: 32, Hidden: 64},
		rand.New(rand.NewPCG(1, 1))))
	return nn.Count(m)
}

// softmaxLoss returns the loss of three logits and its gradient.
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

// dogTable returns P(sleeps | the dog) of a trigram.
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

// sleeps returns P(sleeps | the subject) of the network.
func sleeps(subject lm.Token) string {
	p := catNetwork().NextLogProbs(nil, []lm.Token{1, subject})
	return fmt.Sprintf("%.1f", math.Exp(p[7]))
}

// bpeTokens returns the number of tokens of two words after the merges of the page.
func bpeTokens() string {
	text := "low low low lower lower newest newest newest newest widest widest"
	bpe := must(corpus.TrainBPE([]corpus.Document{{Text: text}}, 1+256+8))
	return fmt.Sprint(len(bpe.Encode(nil, "lower newest")))
}

const hello = "你好, world"

// tokensOf returns the number of tokens of "hello" for a tokenizer trained on a text.
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

// cold returns a distribution at temperature ½.
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

// remaining returns how many of five tokens a warp leaves.
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

// searched returns the probability of the text that a beam search finds.
func searched(width int) string {
	m := twoLetters{{0, .6, .4, 0, 0, 0}, {0, 0, 0, .5, .5, 0}, {0, 0, 0, .1, 0, .9}}
	found := must(sample.Beam(context.Background(), lm.Start(m), width, 2))
	return fmt.Sprintf("%.2f", math.Exp(found[0].LogProb))
}

// vanish returns the gradient that arrives 30 steps earlier at a unit whose state stays at h.
func vanish(h float32) float64 {
	const w, steps = .9, 30
	first := autograd.NewParam(1, 1)
	first.Data[0] = h
	bias := float32(math.Atanh(float64(h))) - w*h // keeps the unit at h
	tape := autograd.NewTape()
	unit := first
	for range steps {
		unit = tape.Tanh(tape.Add(tape.Scale(unit, w), autograd.NewConst(1, 1, []float32{bias})))
	}
	tape.Backward(tape.Sum(unit))
	return float64(first.Grad[0])
}

// recurrent returns the number of parameters of a recurrent network.
func recurrent(cell string, vocab, embd, hidden int) int {
	m := must(rnn.New(rnn.Config{Cell: cell, VocabSize: vocab, NEmbd: embd, Hidden: hidden,
		Layers: 1}, rand.New(rand.NewPCG(1, 1))))
	return nn.Count(m)
}

func recurrentOf(cell string) int { return recurrent(cell, 445, 32, 64) }

// forgets returns the number of tokens after which a new network has lost 99 % of a difference.
func forgets(cell string) string {
	m := must(rnn.New(rnn.Config{Cell: cell, VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1},
		rand.New(rand.NewPCG(1, 1))))
	this, that := m.Start(), m.Start()
	this.Push(1)
	that.Push(2)
	apart := func() (most float64) {
		p, q := this.NextLogProbs(nil), that.NextLogProbs(nil)
		for v := range p {
			most = max(most, math.Abs(p[v]-q[v]))
		}
		return most
	}
	first := apart()
	for n := 1; ; n++ {
		this.Push(3)
		that.Push(3)
		if apart() < first/100 {
			return fmt.Sprint(n)
		}
	}
}

// traced returns the value of a signal of one unit after token 1, which writes a 1, and the given
// number of steps that write nothing. set changes the weights, which are initially 0.
func traced(cell, signal string, steps int, set func(m *rnn.Model)) float64 {
	m := must(rnn.New(rnn.Config{Cell: cell, VocabSize: 3, NEmbd: 1, Hidden: 1, Layers: 1},
		rand.New(rand.NewPCG(1, 1))))
	for _, p := range nn.Params(m) {
		clear(p.Data)
	}
	m.Encoder.Weight.Data[1] = 1
	set(m)
	text := append([]lm.Token{1}, slices.Repeat([]lm.Token{2}, steps)...)
	_, signals := m.Trace(text, 0, len(text)+1)
	for _, s := range signals {
		if s.Name == signal {
			return float64(s.Values[len(s.Values)-1][0])
		}
	}
	panic("no signal " + signal)
}

// cellAfter returns the value of an LSTM's cell that held 1, after the given number of steps with
// the given bias of the forget gate.
func cellAfter(steps int, bias float64) float64 {
	const i, f, g = 0, 1, 2
	return traced("lstm", "c", steps, func(m *rnn.Model) {
		m.RNN.WeightIH[0].Data[i], m.RNN.BiasIH[0].Data[i] = 100, -50 // open at token 1 only
		m.RNN.WeightIH[0].Data[g] = 100                               // writes 1
		m.RNN.BiasIH[0].Data[f] = float32(bias)
	})
}

// halfLifeBias returns the bias of the forget gate that leaves half of the cell after the given
// number of steps.
func halfLifeBias(steps int) string {
	low, high := 0., 10.
	for range 40 {
		if middle := (low + high) / 2; cellAfter(steps, middle) < .5 {
			low = middle
		} else {
			high = middle
		}
	}
	return fmt.Sprintf("%.2f", low)
}

// gateSteps returns the number of steps after which a GRU whose gate z is 0.9 has less than 1 %
// left.
func gateSteps() string {
	const z, n = 1, 2
	for steps := 1; ; steps++ {
		left := traced("gru", "h", steps, func(m *rnn.Model) {
			m.RNN.WeightIH[0].Data[z] = -100 // replaces the state at token 1
			m.RNN.WeightIH[0].Data[n] = 100  // by 1
			m.RNN.BiasIH[0].Data[z] = float32(math.Log(9))
		})
		if left < .01 {
			return fmt.Sprint(steps)
		}
	}
}

// attend returns the weight with which the second of two positions reads the first.
func attend() float64 {
	qkv := autograd.NewConst(2, 6, []float32{
		0, 0, 2, 0, 1, 0, // q, k and v of the first position
		1, 0, 0, 0, 0, 0,
	})
	y := autograd.NewForward().Attention(qkv, 1, 2, 1, nil, nil, 0)
	return float64(y.Row(1)[0])
}

func tinyGPT(channels, window, stride int) *transformer.Model {
	return must(transformer.New(transformer.Config{VocabSize: 10, NPositions: window,
		NEmbd: channels, NLayer: 1, NHead: 2, Stride: stride, InitializerRange: .5},
		rand.New(rand.NewPCG(1, 1))))
}

// blockParams returns the number of parameters of one block.
func blockParams(channels int) (n int) {
	for _, p := range nn.Params(tinyGPT(channels, 8, 4)) {
		if strings.HasPrefix(p.Name, "h.0.") {
			n += p.Rows * p.Cols
		}
	}
	return n
}

// windowTokens returns the number of tokens that change the prediction after 50 tokens, for a
// window of 32 and a stride of 16.
func windowTokens() string {
	m := tinyGPT(8, 32, 16)
	context := slices.Repeat([]lm.Token{1}, 49) // after BOS
	before := m.NextLogProbs(nil, context)
	n := 0
	for i := range context {
		context[i] = 2
		if !slices.Equal(before, m.NextLogProbs(nil, context)) {
			n++
		}
		context[i] = 1
	}
	return fmt.Sprint(n)
}
