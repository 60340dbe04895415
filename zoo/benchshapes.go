package zoo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/mlp"
	"lmzoo/nn"
	"lmzoo/rnn"
	"lmzoo/suggest"
	"lmzoo/transformer"
)

// BenchShape is a model of a size at which others can be measured too.
type BenchShape struct {
	Name, Like     string // what it is called, and whose shape it is
	Batch, Context int    // of a training step; a Batch of 0 means that it is not trained
	build          func() (Neural, error)
}

// BenchShapes are what Bench measures, in order.
func BenchShapes() []BenchShape {
	const characters, names = 65, 27 // of tiny Shakespeare, of makemore's names
	cell := func(name string, vocab, embd, hidden int) func() (Neural, error) {
		return shape(rnn.New, rnn.Config{Cell: name, VocabSize: vocab, NEmbd: embd, Hidden: hidden, Layers: 1})
	}
	gpt := func(vocab, window, layers, heads, channels int) func() (Neural, error) {
		return shape(transformer.New, transformer.Config{VocabSize: vocab, NPositions: window, NEmbd: channels, NLayer: layers, NHead: heads})
	}
	return []BenchShape{
		{"mlp", "NPLM, 8 characters, hidden 256", 32, 64, shape(mlp.New, mlp.Config{VocabSize: characters, Context: 8, NEmbd: 32, Hidden: 256})},
		{"rnn-128", "nn.RNN", 32, 64, cell("elman", characters, 128, 128)},
		{"lstm-128", "nn.LSTM", 32, 64, cell("lstm", characters, 128, 128)},
		{"lstm-256", "nn.LSTM", 32, 64, cell("lstm", characters, 256, 256)},
		{"gru-128", "nn.GRU", 32, 64, cell("gru", characters, 128, 128)},
		{"gru-256", "nn.GRU", 32, 64, cell("gru", characters, 256, 256)},
		{"gpt", "nanoGPT's recipe for a CPU", 12, 64, gpt(characters, 64, 4, 4, 128)},
		{"gpt-384", "nanoGPT's 6 layers of 384 channels", 4, 256, gpt(characters, 256, 6, 6, 384)},
		{"makemore-mlp", "makemore's MLP", 32, 16, shape(mlp.New, mlp.Config{VocabSize: names, Context: 16, NEmbd: 64, Hidden: 64})},
		{"makemore-rnn", "makemore's RNN", 32, 16, cell("elman", names, 64, 64)},
		{"makemore-gru", "makemore's GRU", 32, 16, cell("gru", names, 64, 64)},
		{"makemore-gpt", "makemore's transformer", 32, 16, gpt(names, 16, 4, 4, 64)},
		{"toy", "llama2.c's 15M shape, only to generate", 0, 256, gpt(32000, 256, 6, 6, 288)},
	}
}

// ScalingShapes are nanoGPT's recipe with more and less of one thing at a time: what a step costs should grow as its arithmetic does.
func ScalingShapes() []BenchShape {
	recipe := transformer.Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}
	var all []BenchShape
	add := func(name string, n, batch int, c transformer.Config) {
		all = append(all, BenchShape{fmt.Sprintf("scaling-%s-%d", name, n), "nanoGPT's recipe", batch, c.NPositions, shape(transformer.New, c)})
	}
	for _, n := range []int{4, 8, 16, 32} {
		add("batch", n, n, recipe)
	}
	for _, n := range []int{1, 2, 4, 8} {
		c := recipe
		c.NLayer = n
		add("layers", n, 12, c)
	}
	for _, n := range []int{64, 128, 256, 512} {
		c := recipe
		c.NEmbd = n
		add("channels", n, 12, c)
	}
	for _, n := range []int{32, 64, 128, 256} {
		c := recipe
		c.NPositions = n
		add("context", n, 12*64/n, c)
	}
	return all
}

// FindBenchShapes returns the shapes of those names, BenchShapes for none. A name is also the beginning of several, such as
// "makemore" or "scaling".
func FindBenchShapes(names []string) ([]BenchShape, error) {
	all := BenchShapes()
	if len(names) == 0 {
		return all, nil
	}
	all = append(all, ScalingShapes()...)
	wanted := map[string]bool{}
	for _, name := range names {
		found := false
		for _, s := range all {
			if s.Name == name || strings.HasPrefix(s.Name, name+"-") {
				found, wanted[s.Name] = true, true
			}
		}
		if !found {
			return nil, suggest.Unknown("benchmark", name, append(benchNames(BenchShapes()), "scaling"))
		}
	}
	return slices.DeleteFunc(all, func(s BenchShape) bool { return !wanted[s.Name] }), nil
}

func benchNames(shapes []BenchShape) (names []string) {
	for _, s := range shapes {
		names = append(names, s.Name)
	}
	return names
}

// shape makes a model of fixed random weights.
func shape[C any, M Neural](make func(C, *rand.Rand) (M, error), c C) func() (Neural, error) {
	return func() (Neural, error) { return make(c, rand.New(rand.NewPCG(1, 1))) }
}

// modelFLOPs is the arithmetic of a training step on d tokens as the field counts it: 6 for every weight that is
// multiplied with a token, forward and backward (Kaplan et al. 2020, §2.1), and 12·T·C for the attention of every layer
// (Chowdhery et al. 2022, appendix B), although a causal one needs only half. What a shortcut saves is counted as done.
func modelFLOPs(m Neural, context, tokens int) float64 {
	perToken := 6 * float64(multiplied(m))
	if g, ok := m.(*transformer.Model); ok {
		perToken += 12 * float64(context*g.Config.NEmbd*g.Config.NLayer)
	}
	return perToken * float64(tokens)
}

// multiplied is the number of weights that every token is multiplied with: the matrices, without embeddings that are
// only looked up.
func multiplied(m Neural) (n int) {
	for _, p := range nn.Params(m) {
		if !p.Vector && !lookedUp(m, p.Name) {
			n += p.Rows * p.Cols
		}
	}
	return n
}

func lookedUp(m Neural, name string) bool {
	switch m := m.(type) {
	case *transformer.Model:
		return name == "wpe.weight" // wte is the output layer too
	case *rnn.Model:
		return name == "encoder.weight" && !m.Config.Tied
	case *mlp.Model:
		return name == "C"
	}
	return false
}
