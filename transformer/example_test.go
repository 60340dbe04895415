package transformer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/transformer"
)

// The parameters of a GPT: almost all are in the blocks, 12·C² each, and only the table of
// positions depends on the context window.
func ExampleNew() {
	cfg, _ := transformer.Preset("small")
	cfg.VocabSize = 65
	m, err := transformer.New(cfg, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range nn.Params(m)[:14] {
		fmt.Printf("%-24s %4d × %d\n", p.Name, p.Rows, p.Cols)
	}
	fmt.Println("…", nn.Count(m), "parameters")

	cfg.NHead = 5
	_, err = transformer.New(cfg, nil)
	fmt.Println(err)
	// Output:
	// wte.weight                 65 × 128
	// wpe.weight                 64 × 128
	// h.0.ln_1.weight             1 × 128
	// h.0.ln_1.bias               1 × 128
	// h.0.attn.c_attn.weight    128 × 384
	// h.0.attn.c_attn.bias        1 × 384
	// h.0.attn.c_proj.weight    128 × 128
	// h.0.attn.c_proj.bias        1 × 128
	// h.0.ln_2.weight             1 × 128
	// h.0.ln_2.bias               1 × 128
	// h.0.mlp.c_fc.weight       128 × 512
	// h.0.mlp.c_fc.bias           1 × 512
	// h.0.mlp.c_proj.weight     512 × 128
	// h.0.mlp.c_proj.bias         1 × 128
	// … 809856 parameters
	// gpt: n_embd 128 is not divisible by n_head 5; want a multiple, such as 130
}

// A GPT reads "abcabc…" repeatedly. First it learns that there are three letters (ln 3 = 1.1 nats),
// then, rather suddenly, their order. It continues the text beyond its window of 8 tokens, because
// the window moves and the pattern holds at every position.
func ExampleModel_Loss() {
	m, _ := transformer.New(transformer.Config{VocabSize: 4, NPositions: 8, NEmbd: 16, NLayer: 2,
		NHead: 2}, rand.New(rand.NewPCG(1, 1)))
	text := []int32{0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2} // BOS a b c a b c a b c a b
	batch := corpus.Batch{B: 4, T: 8, N: 4 * 8}
	for from := range batch.B { // one row from each of the first positions
		batch.X = append(batch.X, text[from:from+8]...)
		batch.Y = append(batch.Y, text[from+1:from+9]...)
	}

	tape := autograd.NewTape()
	for step := range 401 {
		tape.Reset()
		loss := m.Loss(tape, batch)
		if step == 0 || step == 100 || step == 400 {
			fmt.Printf("step %3d: %.1f nats per token, perplexity %.1f\n", step, loss.Data[0],
				math.Exp(float64(loss.Data[0])))
		}
		tape.Backward(loss)
		for _, p := range nn.Params(m) { // gradient descent
			for i := range p.Grad {
				p.Data[i] -= 0.5 * p.Grad[i]
				p.Grad[i] = 0
			}
		}
	}

	state := m.Start()
	for range 24 {
		probs := state.NextLogProbs(nil)
		best := int32(0)
		for v := range probs {
			if probs[v] > probs[best] {
				best = int32(v)
			}
		}
		fmt.Print(string("^abc"[best]))
		state.Push(best)
	}
	// Output:
	// step   0: 1.5 nats per token, perplexity 4.4
	// step 100: 1.1 nats per token, perplexity 3.0
	// step 400: 0.0 nats per token, perplexity 1.0
	// abcabcabcabcabcabcabcabc
}

// BERT fills a gap from both sides. In these texts of three letters, the last letter decides the
// first: "a" goes with "x" and "b" with "y", with "-" between them. A model that reads from left to
// right cannot know the first letter; BERT can.
func ExampleBERT() {
	letters := "^abxy-" // followed by [MASK] and [SEP]
	docs := [][]int32{{1, 5, 3, 0}, {2, 5, 4, 0}}
	m, err := transformer.NewBERT(transformer.BERTConfig{VocabSize: len(letters) + 2,
		NPositions: 8, NEmbd: 16, NLayer: 1, NHead: 2, InitializerRange: 0.2},
		rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	source, _ := transformer.NewMaskedSource(m.Config, docs, 4, 10, 1, nil)
	var batch transformer.MaskedBatch
	tape := autograd.NewTape()
	for step := range 400 {
		source.Batch(&batch, step)
		tape.Reset()
		tape.Backward(m.Loss(tape, batch))
		for _, p := range nn.Params(m) { // gradient descent
			for i := range p.Grad {
				p.Data[i] -= 0.1 * p.Grad[i]
				p.Grad[i] = 0
			}
		}
	}
	for _, text := range [][]int32{{1, 5, 3}, {1, 5, 4}} { // the token in the gap is ignored
		p := m.FillLogProbs(nil, text, 0)
		best := slices.Index(p, slices.Max(p))
		fmt.Printf("_-%c: %c\n", letters[text[2]], letters[best])
	}
	// Output:
	// _-x: a
	// _-y: b
}
