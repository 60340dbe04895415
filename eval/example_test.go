package eval_test

import (
	"context"
	"fmt"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
)

// An untrained model needs eight bits for every byte, whatever the tokenizer. The end of a document
// is also a token, and its line end a byte.
func Example() {
	docs := []corpus.Document{{Text: "to be or not to be", End: "\n"},
		{Text: "that is the question", End: "\n"}}
	bytes, err := corpus.Train("byte", docs, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := eval.Run(context.Background(), lm.Uniform(bytes.Vocab()), bytes, docs,
		eval.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d tokens, %d bytes\n", report.Tokens, report.Bytes)
	fmt.Printf("perplexity %.0f, %.3f bits per byte\n", report.Perplexity(), report.BitsPerByte())
	// Output:
	// 40 tokens, 40 bytes
	// perplexity 257, 8.006 bits per byte
}
