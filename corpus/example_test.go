package corpus_test

import (
	"fmt"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// The same sentence in every vocabulary: the coarser the cut, the shorter the sequence and the
// larger the vocabulary.
func Example() {
	text := "the cat sees the cats .\n"
	docs := corpus.Lines.Cut(strings.Repeat(text, 3))
	for _, name := range corpus.Tokenizers() {
		tok, err := corpus.Train(name, docs, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		tokens := tok.Encode(nil, "the rat sees .")
		var pieces []string
		for _, t := range tokens {
			pieces = append(pieces, tok.Text(t))
		}
		fmt.Printf("%-10s V=%-3d %s\n", name, tok.Vocab(), strings.Join(pieces, "|"))
	}
	// Output:
	// byte       V=257 t|h|e| |r|a|t| |s|e|e|s| |.
	// char       V=41  t|h|e| |\x7_|\x_2|a|t| |s|e|e|s| |.
	// bpe        V=269 the| |r|at| sees| .
	// word       V=47  the| |\x7_|\x_2|a|t| sees| .
	// whitespace V=7   the|<unk>|sees|.
}

// Byte-pair encoding repeatedly joins the most frequent pair of neighbours, so that frequent words
// become one token.
func ExampleTrainBPE() {
	docs := corpus.Files.Cut("low low low lower lower newest newest newest newest widest widest")
	bpe, err := corpus.TrainBPE(docs, 1+256+8)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, m := range bpe.Merges() {
		fmt.Printf("%q + %q = %q\n", bpe.Text(m[0]), bpe.Text(m[1]), bpe.Text(lm.Token(257+i)))
	}
	for _, t := range bpe.Encode(nil, " lowest") {
		fmt.Printf("%q ", bpe.Text(t))
	}
	// Output:
	// "e" + "s" = "es"
	// "es" + "t" = "est"
	// "l" + "o" = "lo"
	// "lo" + "w" = "low"
	// " " + "n" = " n"
	// " " + "low" = " low"
	// "e" + "w" = "ew"
	// " n" + "ew" = " new"
	// " low" "est"
}

// A document is its text and the end that followed; nothing of the file is lost.
func ExampleBoundaries_Cut() {
	text := "a rhyme\nof two lines\n\nand an\r\nend"
	for _, cut := range []corpus.Boundaries{corpus.Files, corpus.Lines, corpus.Paragraphs} {
		fmt.Println(cut)
		for _, d := range cut.Cut(text) {
			fmt.Printf("  %q ends with %q\n", d.Text, d.End)
		}
	}
	// Output:
	// file
	//   "a rhyme\nof two lines\n\nand an\r\nend" ends with ""
	// lines
	//   "a rhyme" ends with "\n"
	//   "of two lines" ends with "\n"
	//   "" ends with "\n"
	//   "and an" ends with "\r\n"
	//   "end" ends with ""
	// paragraphs
	//   "a rhyme\nof two lines" ends with "\n\n"
	//   "and an\r\nend" ends with ""
}

// A single stream is split by bytes, as nanoGPT does; no document ends at the cut.
func ExampleRatio_Split() {
	split := corpus.Ratio{Train: 90, Valid: 10}.Split(corpus.Files.Cut("to be, or not to be"))
	fmt.Printf("%q cut: %v\n", split.Train[0].Text, split.Train[0].Cut)
	fmt.Printf("%q cut: %v\n", split.Valid[0].Text, split.Valid[0].Cut)
	// Output:
	// "to be, or not to " cut: true
	// "be" cut: true
}

// show prints a batch: the inputs, and below them the targets.
func show(tok corpus.Tokenizer, b corpus.Batch) {
	for i := range b.B {
		var x, y strings.Builder
		for j := range b.T {
			t := b.Y[i*b.T+j]
			x.WriteString(letter(tok, b.X[i*b.T+j]))
			y.WriteString(letter(tok, t))
		}
		fmt.Printf("%d X %s\n  Y %s\n", i, x.String(), y.String())
	}
}

func letter(tok corpus.Tokenizer, t lm.Token) string {
	switch t {
	case lm.BOS:
		return "▸"
	case -1:
		return "·"
	}
	return tok.Text(t)
}

// Short documents are packed whole into rows, each preceded by the boundary. A dot marks a position
// without a target.
func ExampleWindows() {
	tok := corpus.Byte{}
	docs := corpus.EncodeDocuments(tok, corpus.Lines.Cut("emma\nava\nmia\nliam\nzoe\n"))
	w, err := corpus.NewWindows(docs, 2, 12, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var b corpus.Batch
	w.Batch(&b, 0)
	show(tok, b)
	fmt.Println(b.N, "targets")
	// Output:
	// 0 X ▸liam▸emma▸▸
	//   Y liam▸emma▸··
	// 1 X ▸mia▸zoe▸ava
	//   Y mia▸zoe▸ava▸
	// 22 targets
}

// Each row continues in the next batch where it stopped in this one.
func ExampleLanes() {
	tok := corpus.Byte{}
	docs := corpus.EncodeDocuments(tok, corpus.Files.Cut("the-cat-sat-on-the-mat"))
	l, err := corpus.NewLanes(docs, 2, 6, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var b corpus.Batch
	for step := range l.Steps() {
		fmt.Println("step", step)
		l.Batch(&b, step)
		show(tok, b)
	}
	// Output:
	// step 0
	// 0 X ▸the-c
	//   Y the-ca
	// 1 X ▸-on-t
	//   Y ·on-th
	// step 1
	// 0 X at-sat
	//   Y t-sat-
	// 1 X he-mat
	//   Y e-mat▸
}
