package zoo

import (
	"errors"
	"fmt"
	"io"
	"math"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// countConfig configures an n-gram model and its compression after counting.
type countConfig struct {
	ngram.Config
	// PruneEntropy drops n-grams whose removal changes the perplexity by less (Stolcke 1998).
	PruneEntropy float64 `json:"prune_entropy,omitempty" help:"relative change of perplexity below which n-grams are dropped, such as 1e-7 (0 disables)"`
	Quantize     int     `json:"quantize,omitempty" help:"bits per probability (0: full precision)"`
}

// The range of Quantize, in bits.
const (
	minBits = 2
	maxBits = 12
)

// check reports the first invalid field.
func (c *countConfig) check() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.Quantize != 0 && (c.Quantize < minBits || c.Quantize > maxBits) {
		return fmt.Errorf("quantize is %d; want %d to %d bits, or 0 for full precision",
			c.Quantize, minBits, maxBits)
	}
	if !(c.PruneEntropy >= 0) || math.IsInf(c.PruneEntropy, 1) {
		return fmt.Errorf("prune_entropy is %g; want a small number such as 1e-7, or 0",
			c.PruneEntropy)
	}
	return nil
}

// uniform returns the row of the model that gives every token the same probability.
func uniform() *Species {
	return &Species{
		Name: "uniform", Title: "uniform", Era: "SLM", Year: 1948,
		Paper:     "Shannon, A Mathematical Theory of Communication, §3, zero-order approximation",
		Remembers: "nothing, and has seen nothing",
		Defaults:  func(string) (*Settings, error) { return &Settings{Model: &struct{}{}}, nil },
		Counting: &Counting{
			Count: func(_ any, text *Text) (any, []string, error) {
				return lm.Uniform(text.Tokenizer.Vocab()), nil, nil
			},
			Open: func(_ any, tok corpus.Tokenizer, _ string) (any, error) {
				return lm.Uniform(tok.Vocab()), nil
			},
		},
	}
}

// ngramSpecies returns the row of n-gram models of any order.
func ngramSpecies() *Species {
	return counted("ngram", "5-gram modified Kneser-Ney", 1998, 5,
		"Chen & Goodman, An Empirical Study of Smoothing Techniques for Language Modeling",
		"the last n−1 tokens, as exact counts", "kn5")
}

// counted returns the row of an n-gram model.
func counted(
	name, title string, year, order int, paper, remembers string, aliases ...string,
) *Species {
	return &Species{
		Name: name, Aliases: aliases, Title: title, Era: "SLM", Year: year,
		Paper: paper, Remembers: remembers,
		Defaults: func(string) (*Settings, error) {
			c := ngram.Config{Order: order, Smoothing: "modified-kneser-ney"}
			return &Settings{Model: &countConfig{Config: c}}, nil
		},
		Validate: func(config any) error {
			c := config.(*countConfig)
			if name != "ngram" && c.Order != order {
				return fmt.Errorf("a %s has order %d; for others: lmzoo train ngram --order %d",
					name, order, c.Order)
			}
			return c.check()
		},
		Label: func(config any) string {
			if name != "ngram" {
				return title
			}
			c := config.(*countConfig)
			return fmt.Sprintf("%d-gram %s", c.Order, smoothingTitle(c.Smoothing))
		},
		Counting: &Counting{
			Count: func(config any, text *Text) (any, []string, error) {
				return config.(*countConfig).count(text.Train, text.Tokenizer)
			},
			Stream: func(
				config any, text *corpus.Stream, tok corpus.Tokenizer,
			) (any, []string, int, error) {
				return config.(*countConfig).countStream(text, tok)
			},
			Bounded: func(config any) bool { return config.(*countConfig).Memory > 0 },
			Save:    saveNgram,
			Open: func(_ any, tok corpus.Tokenizer, path string) (any, error) {
				return openNgram(tok, path)
			},
		},
	}
}

// saveNgram writes the n-gram model in m.
func saveNgram(m any, w io.Writer) error {
	kept := counts(m)
	if kept == nil {
		return fmt.Errorf("%T is not an n-gram model", m)
	}
	return kept.Save(w)
}

// counts returns the n-gram model in m, or nil if there is none.
func counts(m any) *ngram.Model {
	switch m := m.(type) {
	case *ngram.Model:
		return m
	case *ngram.Cache:
		return counts(m.Base)
	}
	return nil
}

// openNgram reads an n-gram model for the vocabulary of tok.
func openNgram(tok corpus.Tokenizer, path string) (*ngram.Model, error) {
	m, err := ngram.Load(path)
	if err != nil {
		return nil, err
	}
	if m.Vocab() != tok.Vocab() {
		err := fmt.Errorf("%s has a vocabulary of %d and the run's tokenizer one of %d: the file "+
			"belongs to another run; train again with --overwrite", path, m.Vocab(), tok.Vocab())
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// count trains the model for the vocabulary of tok.
func (c *countConfig) count(docs [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
	c.Vocab, c.Unk = tok.Vocab(), unknown(tok)
	return c.shrink(ngram.Train(docs, c.Config))
}

// countStream is count for a text read in fragments.
func (c *countConfig) countStream(
	text *corpus.Stream, tok corpus.Tokenizer,
) (m lm.Model, notes []string, tokens int, err error) {
	c.Vocab, c.Unk = tok.Vocab(), unknown(tok)
	counter, err := ngram.NewCounter(c.Config)
	if err != nil {
		return nil, nil, 0, err
	}
	defer counter.Close()
	var row []lm.Token
	for f, err := range text.Train() {
		if err != nil {
			return nil, nil, 0, err
		}
		row = tok.Encode(row[:0], f.Text)
		if f.Last && !f.Cut {
			row = append(row, lm.BOS)
		}
		tokens += len(row)
		if err := counter.Append(row); err != nil {
			return nil, nil, 0, err
		}
		if !f.Cut {
			continue
		}
		if err := counter.Cut(); err != nil {
			return nil, nil, 0, err
		}
	}
	if tokens == 0 {
		return nil, nil, 0, emptyTraining(text.Source)
	}
	m, notes, err = c.shrink(counter.Model())
	return m, notes, tokens, err
}

// shrink prunes and quantizes the result of counting.
func (c *countConfig) shrink(
	m *ngram.Model, notes []string, err error,
) (lm.Model, []string, error) {
	if err == nil && c.PruneEntropy != 0 {
		m, err = m.PruneEntropy(c.PruneEntropy)
	}
	if err == nil && c.Quantize != 0 {
		m, err = m.Quantize(c.Quantize)
	}
	if err != nil {
		return nil, nil, err // m would be a nil pointer in an interface
	}
	return m, notes, nil
}

// unknown returns the token of unknown words, or −1 if the vocabulary of tok is open.
func unknown(tok corpus.Tokenizer) lm.Token { return corpus.TraitsOf(tok).Unknown }
