package zoo

import (
	"fmt"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// cacheConfig is an n-gram model with a memory of the document.
type cacheConfig struct {
	Order     int     `json:"order"`
	Smoothing string  `json:"smoothing"`
	Window    int     `json:"window"` // tokens remembered
	Lambda    float64 `json:"lambda"` // weight of the cache; 0: what the validation text makes likeliest
}

const (
	cacheRounds   = 20  // of expectation maximisation
	unfittedCache = 0.1 // the weight where there is no text to fit it to
)

// cached is the row of the cache model.
func cached() *Species {
	return &Species{
		Name: "cache", Title: "5-gram with a cache", Era: "SLM", Year: 1990, Aside: true,
		Paper:     "Kuhn & De Mori, A Cache-Based Natural Language Model for Speech Recognition",
		Remembers: "the last n−1 tokens, and which tokens the document has used so far",
		settings: func(string) (*Settings, error) {
			return &Settings{Model: &cacheConfig{Order: 5, Smoothing: "modified-kneser-ney", Window: 200}}, nil
		},
		check: func(config any) error {
			c := config.(*cacheConfig)
			if err := (ngram.Config{Order: c.Order, Smoothing: c.Smoothing}).Check(); err != nil {
				return err
			}
			_, err := ngram.NewCache(lm.Uniform(leastVocab), c.Lambda, c.Window, -1)
			return err
		},
		count: func(config any, docs, valid [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
			c := config.(*cacheConfig)
			counting := countConfig{Config: ngram.Config{Order: c.Order, Smoothing: c.Smoothing}}
			base, notes, err := counting.count(docs, tok)
			if err != nil {
				return nil, nil, err
			}
			m, err := c.over(base, tok)
			if err != nil {
				return nil, nil, err
			}
			switch {
			case c.Lambda > 0:
			case len(valid) == 0:
				m.Lambda = unfittedCache
				notes = append(notes, fmt.Sprintf("no validation text to fit the weight of the cache to: %g", m.Lambda))
			default:
				m.Lambda = unfittedCache
				m.Fit(valid, cacheRounds)
			}
			c.Lambda = m.Lambda
			return m, notes, nil
		},
	}
}

// over is the cache over a model.
func (c *cacheConfig) over(base lm.Model, tok corpus.Tokenizer) (*ngram.Cache, error) {
	return ngram.NewCache(base, c.Lambda, c.Window, unknown(tok))
}
