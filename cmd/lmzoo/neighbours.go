package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/zoo"
)

// neighbour is a word with its score, as --json prints it.
type neighbour struct {
	Word  string  `json:"word"`
	Score float64 `json:"score"`
}

func newNeighbours(cat zoo.Catalogue) *cobra.Command {
	var top int
	var asJSON bool
	c := &cobra.Command{
		Use:   "neighbours RUN WORD",
		Short: "List the words whose embeddings are nearest to that of a word",
		Long: `List the words whose embeddings have the largest cosine similarity to the
embedding of a word. Every neural run has embeddings: word2vec, ELMo, BERT, GPT, recurrent
networks and the NPLM. Words are printed without the space that some tokenizers put before them.`,
		Example: "  lmzoo neighbours runs/word2vec king --top 5",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := openVectors(cat, args[0], top)
			if err != nil {
				return err
			}
			w, err := v.word(args[1])
			if err != nil {
				return err
			}
			near := nn.Nearest(v.unit, w, v.enough(), v.skip)
			return v.print(c, v.distinct(near, args[1]), "cosine", asJSON)
		},
	}
	c.Flags().IntVar(&top, "top", 10, "number of words")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return c
}

func newAnalogy(cat zoo.Catalogue) *cobra.Command {
	var top int
	var asJSON bool
	c := &cobra.Command{
		Use:   "analogy RUN A B C",
		Short: "Answer an analogy: A is to B as C is to what?",
		Long: `Answer an analogy, A is to B as C is to D, with the words D that maximise the sum
of cosines cos(D,B) − cos(D,A) + cos(D,C) (3CosAdd), beside the words that maximise their product
and quotient (3CosMul; Levy & Goldberg 2014). A, B and C themselves are excluded.`,
		Example: "  lmzoo analogy runs/word2vec man king woman",
		Args:    cobra.ExactArgs(4),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := openVectors(cat, args[0], top)
			if err != nil {
				return err
			}
			var w [3]lm.Token
			for i, text := range args[1:] {
				if w[i], err = v.word(text); err != nil {
					return err
				}
			}
			n := v.enough()
			sum := v.distinct(nn.Analogy(v.unit, w[0], w[1], w[2], n, v.skip), args[1:]...)
			product := v.distinct(nn.AnalogyMul(v.unit, w[0], w[1], w[2], n, v.skip), args[1:]...)
			if asJSON {
				return printJSON(c.OutOrStdout(),
					map[string][]neighbour{"3cosadd": sum, "3cosmul": product})
			}
			t := newTable(c.OutOrStdout(), "3CosAdd", ">score", "3CosMul", ">score")
			for i := range min(len(sum), len(product)) {
				t.AppendRow(table.Row{sum[i].Word, number(sum[i].Score, 3),
					product[i].Word, number(product[i].Score, 3)})
			}
			t.print()
			return nil
		},
	}
	c.Flags().IntVar(&top, "top", 10, "number of words")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return c
}

// vectors holds the embeddings of a run, scaled to length 1.
type vectors struct {
	run  *zoo.Run
	unit [][]float64
	top  int
}

func openVectors(cat zoo.Catalogue, dir string, top int) (*vectors, error) {
	if top < 1 {
		return nil, usagef("--top is %d; want at least 1", top)
	}
	r, err := cat.Open(dir)
	if err != nil {
		return nil, err
	}
	e, err := r.Embedder()
	if err != nil {
		return nil, err
	}
	return &vectors{r, nn.Unit(e.Embeddings()), top}, nil
}

// word returns the token of a word.
func (v *vectors) word(text string) (lm.Token, error) {
	w, err := v.run.Word(text)
	if err != nil {
		return 0, usageError{fmt.Errorf("%s: %w", v.run.Dir, err)}
	}
	return w, nil
}

// skip reports whether a token is not a word: the document boundary, a special token, white space,
// a control character, or a byte of an incomplete character.
func (v *vectors) skip(t lm.Token) bool {
	text := v.run.Tokenizer.Decode([]lm.Token{t})
	return strings.TrimSpace(text) == "" || !utf8.ValidString(text) ||
		strings.ContainsFunc(text, unicode.IsControl)
}

// enough returns the number of tokens to rank so that top distinct words remain; several tokens may
// be the same word.
func (v *vectors) enough() int { return 2*v.top + 8 }

// distinct returns the words of the tokens, except the given words, and at most top of them. If two
// tokens are the same word, with and without a space, it returns the nearer one.
func (v *vectors) distinct(near []nn.Neighbour, given ...string) []neighbour {
	seen := map[string]bool{}
	for _, word := range given {
		seen[word] = true
	}
	out := []neighbour{}
	for _, n := range near {
		word := strings.TrimSpace(v.run.Tokenizer.Text(n.Token))
		if seen[word] || len(out) == v.top {
			continue
		}
		seen[word] = true
		out = append(out, neighbour{word, n.Score})
	}
	return out
}

func (v *vectors) print(c *cobra.Command, words []neighbour, score string, asJSON bool) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), words)
	}
	t := newTable(c.OutOrStdout(), "word", ">"+score)
	for _, w := range words {
		t.AppendRow(table.Row{w.Word, number(w.Score, 3)})
	}
	t.print()
	return nil
}
