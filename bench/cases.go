package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/nn"
	"lmzoo/rnn"
	"lmzoo/suggest"
	"lmzoo/transformer"
)

// Case is a model of a size for which other programs can be measured as well.
type Case struct {
	Name, Like     string // its name, and whose model has this shape
	Batch, Context int    // of a training step; a Batch of 0 means that it is not trained
	shape          nn.Shape
	build          func() (model, error)
}

// model is a model that Run can measure. It is trained if it is a Word2Vec or a Learner of causal
// or of masked batches, and it generates if it is speaking.
type model interface{ Vocab() int }

// speaking is a model that generates.
type speaking interface {
	lm.Stepper
	SetThreads(int)
	Quantize()
}

// Cases returns the cases that Run measures, in order.
func Cases() []Case {
	const characters, names = 65, 27 // of tiny Shakespeare, of makemore's names
	cell := func(name, like string, batch, context int, kind string, vocab, embd, hidden int) Case {
		c := rnn.Config{Cell: kind, VocabSize: vocab, NEmbd: embd, Hidden: hidden, Layers: 1}
		return of(name, like, batch, context, rnn.New, c)
	}
	nplm := func(name, like string, batch, context, vocab, window, embd, hidden int) Case {
		c := mlp.Config{VocabSize: vocab, Context: window, NEmbd: embd, Hidden: hidden}
		return of(name, like, batch, context, mlp.New, c)
	}
	gpt := func(name, like string, batch, vocab, window, layers, heads, channels int) Case {
		c := transformer.Config{
			VocabSize: vocab, NPositions: window, NEmbd: channels, NLayer: layers, NHead: heads,
		}
		return of(name, like, batch, window, transformer.New, c)
	}
	llama := func(name, like string, batch, vocab, window, layers, heads, channels int) Case {
		c := transformer.LlamaConfig{
			VocabSize: vocab, MaxPositionEmbeddings: window, HiddenSize: channels,
			NumHiddenLayers: layers, NumAttentionHeads: heads, NumKeyValueHeads: heads / 2,
			TieWordEmbeddings: true,
		}
		return of(name, like, batch, window, transformer.NewLlama, c)
	}
	return []Case{
		nplm("mlp", "NPLM, 8 characters, hidden 256", 32, 64, characters, 8, 32, 256),
		cell("rnn-128", "nn.RNN", 32, 64, "elman", characters, 128, 128),
		cell("lstm-128", "nn.LSTM", 32, 64, "lstm", characters, 128, 128),
		cell("lstm-256", "nn.LSTM", 32, 64, "lstm", characters, 256, 256),
		cell("gru-128", "nn.GRU", 32, 64, "gru", characters, 128, 128),
		cell("gru-256", "nn.GRU", 32, 64, "gru", characters, 256, 256),
		gpt("gpt", "nanoGPT's recipe for a CPU", 12, characters, 64, 4, 4, 128),
		gpt("gpt-384", "nanoGPT's 6 layers of 384 channels", 4, characters, 256, 6, 6, 384),
		llama("llama", "the shape of gpt", 12, characters, 64, 4, 4, 128),
		llama("llama-384", "the shape of gpt-384", 4, characters, 256, 6, 6, 384),
		of("bert", "BERT, 4 layers of 128 channels", 32, 64, transformer.NewBERT,
			transformer.BERTConfig{
				VocabSize: 2000, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4,
			}),
		of("elmo", "ELMo, 2 layers of 128 channels each way", 32, 64, rnn.NewELMo, rnn.ELMoConfig{
			VocabSize: 2000, NEmbd: 128, Layers: 2,
		}),
		of("word2vec", "word2vec.c's skip-gram, 100 channels", 4, 256, mlp.NewWord2Vec,
			mlp.Word2VecConfig{
				VocabSize: 10000, NEmbd: 100, Objective: mlp.SkipGram, Window: 5,
				Negative: 5, Power: 0.75,
			}),
		nplm("makemore-mlp", "makemore's MLP", 32, 16, names, 16, 64, 64),
		cell("makemore-rnn", "makemore's RNN", 32, 16, "elman", names, 64, 64),
		cell("makemore-gru", "makemore's GRU", 32, 16, "gru", names, 64, 64),
		gpt("makemore-gpt", "makemore's transformer", 32, names, 16, 4, 4, 64),
		gpt("toy", "llama2.c's 15M shape, only to generate", 0, 32000, 256, 6, 6, 288),
	}
}

// Scaling returns variants of nanoGPT's recipe that change one size at a time. The time of a step
// should grow with its arithmetic.
func Scaling() []Case {
	recipe := transformer.Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}
	var all []Case
	add := func(name string, n, batch int, c transformer.Config) {
		name = fmt.Sprintf("scaling-%s-%d", name, n)
		all = append(all, of(name, "nanoGPT's recipe", batch, c.NPositions, transformer.New, c))
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

// Find returns the cases with these names, or all cases if names is empty. A name also selects all
// cases that begin with it, such as "makemore" or "scaling".
func Find(names []string) ([]Case, error) {
	all := Cases()
	if len(names) == 0 {
		return all, nil
	}
	all = append(all, Scaling()...)
	wanted := map[string]bool{}
	for _, name := range names {
		found := false
		for _, c := range all {
			if c.Name == name || strings.HasPrefix(c.Name, name+"-") {
				found, wanted[c.Name] = true, true
			}
		}
		if !found {
			return nil, suggest.Unknown("benchmark", name, append(namesOf(Cases()), "scaling"))
		}
	}
	return slices.DeleteFunc(all, func(c Case) bool { return !wanted[c.Name] }), nil
}

func namesOf(cases []Case) (names []string) {
	for _, c := range cases {
		names = append(names, c.Name)
	}
	return names
}

// of makes a case from a configuration; the weights are random, but always the same.
func of[C interface{ Shape(context int) nn.Shape }, M model](
	name, like string, batch, context int, construct func(C, *rand.Rand) (M, error), c C,
) Case {
	return Case{name, like, batch, context, c.Shape(context), func() (model, error) {
		return construct(c, rand.New(rand.NewPCG(1, 1)))
	}}
}
