package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/format/npy"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/task"
	"lmzoo/zoo"
)

func newEmbed(cat zoo.Catalogue) *cobra.Command {
	var layer, pool, format string
	c := &cobra.Command{
		Use:   "embed RUN",
		Short: "Print the hidden vectors of each line of standard input",
		Long: `Print the hidden vectors that a model computes for texts, one text per line of
standard input. A text that is longer than the context window is read in several windows.

Layer 0 is the embeddings; without --layer, the last layer is printed. --pool mean prints one
vector per text, the mean over its tokens; --pool cls prints the vector of the first position,
BERT's [CLS]; --pool none prints one vector per token.

--format npy writes an array for numpy.load: [texts, channels], or [texts, layers, channels] with
--layer all.`,
		Example: `  lmzoo embed runs/bert --pool mean < lines.txt > vectors.jsonl
  lmzoo embed runs/gpt --layer all --format npy < lines.txt > vectors.npy`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := newEmbedder(cat, args[0], layer, pool)
			if err != nil {
				return err
			}
			switch {
			case format == "npy" && pool == "none":
				return usagef("--format npy needs one vector per text; " +
					"want --pool mean or cls, or --format jsonl")
			case format == "npy":
				return e.npy(c.InOrStdin(), exact(c.OutOrStdout()))
			case format == "jsonl":
				return e.jsonl(c.InOrStdin(), c.OutOrStdout())
			}
			return usagef("unknown format %q; want jsonl or npy", format)
		},
	}
	c.Flags().StringVar(&layer, "layer", "",
		"layer, counted from 0, the embeddings; or all (default: the last)")
	c.Flags().StringVar(&pool, "pool", "mean", "pooled positions: none, mean or cls")
	c.Flags().StringVar(&format, "format", "jsonl", "output format: jsonl or npy")
	complete(c, "pool", func() []string { return []string{"none", "mean", "cls"} })
	complete(c, "format", func() []string { return []string{"jsonl", "npy"} })
	return c
}

// embedder computes the hidden vectors of texts with one model.
type embedder struct {
	run   *zoo.Run
	body  nn.Encoder
	layer int // −1: all layers
	pool  string
}

func newEmbedder(cat zoo.Catalogue, dir, layer, pool string) (*embedder, error) {
	r, err := cat.Open(dir)
	if err != nil {
		return nil, err
	}
	e := &embedder{run: r, pool: pool, layer: -1}
	if e.body, err = r.Encoder(); err != nil {
		return nil, err
	}
	if pool != "none" && pool != "mean" && pool != "cls" {
		return nil, usagef("unknown pool %q; want none, mean or cls", pool)
	}
	last := len(task.Vectors(e.body, []lm.Token{1})) - 1
	switch n, err := strconv.Atoi(layer); {
	case layer == "":
		e.layer = last
	case layer == "all":
	case err != nil || n < 0 || n > last:
		return nil, usagef("--layer is %q; want 0 to %d, or all", layer, last)
	default:
		e.layer = n
	}
	return e, nil
}

// maxEmbedded bounds the tokens of a text, because their vectors are held in memory.
const maxEmbedded = 1 << 14

// vectors returns the vectors of a text, [layers][tokens or 1][C], and its tokens.
func (e *embedder) vectors(text string) (layers [][][]float32, tokens []lm.Token, err error) {
	tokens, _ = task.Input(e.run.Tokenizer, task.Example{Text: text}, 0)
	if len(tokens) > maxEmbedded {
		return nil, nil, usagef("the text has %d tokens; want at most %d: divide it into several "+
			"lines",
			len(tokens), maxEmbedded)
	}
	w := lm.Window(e.body)
	long := w > 0 && len(tokens) >= w // BOS takes a position
	switch {
	case e.pool == "none":
		layers = task.Vectors(e.body, tokens)
	case long && e.pool == "mean":
		for _, v := range task.Vectors(e.body, tokens) {
			layers = append(layers, [][]float32{meanOf(v)})
		}
	default:
		read := tokens
		if long {
			read = tokens[:w-1] // the first position sees no further tokens
		}
		for _, v := range task.Features(e.body, task.Pool(e.pool), [][]lm.Token{read})[0] {
			layers = append(layers, [][]float32{v})
		}
	}
	if e.layer >= 0 {
		layers = layers[e.layer : e.layer+1]
	}
	return layers, tokens, nil
}

// meanOf returns the mean of vectors.
func meanOf(vectors [][]float32) []float32 {
	sum := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			sum[i] += float64(x)
		}
	}
	mean := make([]float32, len(sum))
	for i, x := range sum {
		mean[i] = float32(x / float64(len(vectors)))
	}
	return mean
}

// maxLine bounds a line of standard input, which may be one long line without an end.
const maxLine = 1 << 20

// lines calls visit for every line of r, without the line ending. An error names the line.
func lines(r io.Reader, visit func(text string) error) error {
	b := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := readLine(b)
		if line == "" && err == io.EOF {
			return nil
		}
		if err == nil || err == io.EOF {
			if failed := visit(strings.TrimRight(line, "\r\n")); failed != nil {
				err = failed
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("standard input, line %d: %w", n, err)
		}
	}
}

// readLine reads to the end of a line or of the input.
func readLine(b *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return "", usagef("the line is longer than %d bytes; divide it into several lines",
				maxLine)
		}
		if err != bufio.ErrBufferFull {
			return string(line), err
		}
	}
}

// embedding is one line of --format jsonl. --layer and --pool select which fields are set.
type embedding struct {
	Text   string    `json:"text"`
	Tokens []string  `json:"tokens,omitempty"`
	Vector []float32 `json:"vector,omitempty"` // one layer, pooled
	// Vectors has one layer, a vector per token, or all layers, pooled
	Vectors [][]float32   `json:"vectors,omitempty"`
	Layers  [][][]float32 `json:"layers,omitempty"` // all layers, a vector per token
}

// jsonl writes one JSON object per line of r.
func (e *embedder) jsonl(r io.Reader, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return lines(r, func(text string) error {
		layers, tokens, err := e.vectors(text)
		if err != nil {
			return err
		}
		out := embedding{Text: text}
		if e.pool == "none" {
			for _, t := range tokens {
				out.Tokens = append(out.Tokens, e.run.Tokenizer.Text(t))
			}
		}
		switch {
		case e.layer >= 0 && e.pool != "none":
			out.Vector = layers[0][0]
		case e.layer >= 0:
			out.Vectors = layers[0]
		case e.pool != "none":
			for _, l := range layers {
				out.Vectors = append(out.Vectors, l[0])
			}
		default:
			out.Layers = layers
		}
		return enc.Encode(out)
	})
}

// npy writes the pooled vectors of all lines of r as one array.
func (e *embedder) npy(r io.Reader, w io.Writer) error {
	var data []float32
	texts, shape := 0, []int{0, 0}
	err := lines(r, func(text string) error {
		layers, _, err := e.vectors(text)
		if err != nil {
			return err
		}
		for i, l := range layers {
			if len(l[0]) != len(layers[0][0]) {
				return usagef("layers 0 and %d have %d and %d channels, but an array has one "+
					"width; select one layer with --layer", i, len(layers[0][0]), len(l[0]))
			}
			data = append(data, l[0]...)
		}
		texts++
		shape = []int{texts, len(layers[0][0])}
		if e.layer < 0 {
			shape = []int{texts, len(layers), len(layers[0][0])}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if texts == 0 {
		return usagef("no lines on standard input; want one text per line")
	}
	return npy.Write(w, data, shape...)
}
