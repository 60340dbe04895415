package zoo

import (
	"fmt"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// cacheConfig configures an n-gram model that is interpolated with a unigram model of the document.
type cacheConfig struct {
	Order     int     `json:"order" help:"tokens per n-gram"`
	Smoothing string  `json:"smoothing" help:"mle, add-k, witten-bell, absolute, kneser-ney, modified-kneser-ney or stupid-backoff"`
	Window    int     `json:"window" help:"tokens that the cache remembers"`
	Lambda    float64 `json:"lambda" help:"weight of the cache (0: fitted to the validation text)"`
}

const (
	cacheRounds   = 20  // rounds of expectation maximisation
	unfittedCache = 0.1 // the weight if there is no validation text
)

// cached returns the row of the cache model.
func cached() *Species {
	return &Species{
		Name: "cache", Title: "5-gram with a cache", Era: "SLM", Year: 1990, Aside: true,
		Paper:     "Kuhn & De Mori, A Cache-Based Natural Language Model for Speech Recognition",
		Remembers: "the last n−1 tokens, and which tokens the document has used so far",
		Defaults: func(string) (*Settings, error) {
			c := cacheConfig{Order: 5, Smoothing: "modified-kneser-ney", Window: 200}
			return &Settings{Model: &c}, nil
		},
		Validate: func(config any) error {
			c := config.(*cacheConfig)
			if err := (ngram.Config{Order: c.Order, Smoothing: c.Smoothing}).Check(); err != nil {
				return err
			}
			_, err := ngram.NewCache(lm.Uniform(leastVocab), c.Lambda, c.Window, -1)
			return err
		},
		Label: func(config any) string {
			return fmt.Sprintf("%d-gram with a cache", config.(*cacheConfig).Order)
		},
		Counting: &Counting{
			Count: func(config any, text *Text) (any, []string, error) {
				return config.(*cacheConfig).count(text)
			},
			Save: saveNgram,
			Open: func(config any, tok corpus.Tokenizer, path string) (any, error) {
				base, err := openNgram(tok, path)
				if err != nil {
					return nil, err
				}
				return config.(*cacheConfig).over(base, tok)
			},
		},
	}
}

// count trains the n-gram model and fits the weight of the cache to the validation text.
func (c *cacheConfig) count(text *Text) (any, []string, error) {
	counting := countConfig{Config: ngram.Config{Order: c.Order, Smoothing: c.Smoothing}}
	base, notes, err := counting.count(text.Train, text.Tokenizer)
	if err != nil {
		return nil, nil, err
	}
	m, err := c.over(base, text.Tokenizer)
	if err != nil {
		return nil, nil, err
	}
	valid := corpus.EncodeDocuments(text.Tokenizer, text.Split.Valid)
	switch {
	case c.Lambda > 0:
	case len(valid) == 0:
		m.Lambda = unfittedCache
		notes = append(notes, fmt.Sprintf("the weight of the cache is %g because there is no "+
			"validation "+
			"text to fit it to", m.Lambda))
	default:
		m.Lambda = unfittedCache
		m.Fit(valid, cacheRounds)
	}
	c.Lambda = m.Lambda
	return m, notes, nil
}

// over returns a cache over a model.
func (c *cacheConfig) over(base lm.Model, tok corpus.Tokenizer) (*ngram.Cache, error) {
	return ngram.NewCache(base, c.Lambda, c.Window, unknown(tok))
}
