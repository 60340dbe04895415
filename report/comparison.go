// Package report presents a comparison of models: one page that needs no network, and charts as PNG
// or SVG.
//
// Collect evaluates runs on the same text and measures why they differ; HTML writes the page. The
// Comparison holds everything that the page shows, and has a JSON form.
package report

import (
	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/report/palette"
	"lmzoo/zoo"
)

// Comparison holds all measurements of some models on one text.
type Comparison struct {
	Command   []string     `json:"command"`
	Data      zoo.Data     `json:"data"`
	Tokenizer string       `json:"tokenizer"` // of the first row
	Vocab     int          `json:"vocab"`
	Budget    string       `json:"budget,omitempty"` // of each neural model
	Seed      uint64       `json:"seed"`
	Threads   int          `json:"threads"`
	Gzip      float64      `json:"gzip_bits_per_byte"`
	XZ        float64      `json:"xz_bits_per_byte,omitempty"`
	Limit     *eval.Number `json:"limit_bits_per_byte,omitempty"`
	Rows      []*Row       `json:"rows"`

	// Mixed is true if costs are in bits per byte, because the tokenizers differ
	Mixed bool `json:"mixed_tokenizers,omitempty"`
	// Split is the part of the corpus that was evaluated
	Split string `json:"split"`
	// Uniform is the cost of ln V per token of the first row's tokenizer
	Uniform float64 `json:"uniform_bits_per_byte,omitempty"`
	// Unigram is the cost under token frequencies alone; 0: unknown
	Unigram    float64 `json:"unigram_bits_per_byte,omitempty"`
	TrainBytes int     `json:"train_bytes,omitempty"` // of the training text
	TestBytes  int     `json:"test_bytes"`            // of the evaluated text
	// CloseBytes is the size of the beginning that is evaluated by words and contexts
	CloseBytes int     `json:"close_bytes"`
	Machine    Machine `json:"machine"` // the computer of the measurements
	// Words groups words by their frequency in the training text
	Words []Bucket `json:"word_frequencies,omitempty"`
	// CountedFrom is the number of bytes, from the beginning of the training text, in which words
	// were counted
	CountedFrom int      `json:"words_counted_in_bytes,omitempty"`
	Passage     *Passage `json:"passage,omitempty"` // an excerpt, token by token
	// Notes lists missing measurements and the reasons
	Notes []string `json:"notes,omitempty"`
}

// Row is one model of a Comparison.
type Row struct {
	Title     string `json:"title"`
	Run       string `json:"run"`
	Model     string `json:"model"`
	Era       string `json:"era"`
	Year      int    `json:"year"`
	Paper     string `json:"paper"`
	Remembers string `json:"remembers"`
	Params    int    `json:"params"`
	Size      int    `json:"size,omitempty"` // size in bytes of the model's file
	Tokenizer string `json:"tokenizer"`
	Corpus    string `json:"corpus"`
	Split     string `json:"split"`
	eval.Summary
	Seconds float64 `json:"seconds"` // duration of the evaluation
	// Against is the difference from the best row, by the paired bootstrap
	Against      *eval.Comparison `json:"against_best,omitempty"`
	TrainTokens  int              `json:"train_tokens"`
	TrainSeconds float64          `json:"train_seconds"`
	TrainThreads int              `json:"train_threads,omitempty"`
	Steps        int              `json:"steps,omitempty"`
	Sample       string           `json:"sample"`
	Notes        []string         `json:"notes,omitempty"`

	// Curve is the learning curve of a model trained by gradient descent
	Curve *Curve `json:"curve,omitempty"`
	// Contexts is the loss by the length of the visible context
	Contexts []Context `json:"contexts,omitempty"`
	// Offsets is the loss by the distance from the beginning, for mixed tokenizers
	Offsets []Offset `json:"offsets,omitempty"`
	// Words is the cost per word for each bucket of Comparison.Words; null: no words
	Words []*eval.Number `json:"nats_by_words,omitempty"`

	// IgnoresContext reports whether the model predicts the same whatever it has read.
	IgnoresContext bool `json:"ignores_context,omitempty"`

	// Colour is the colour of the species; the zero value stands for palette.Species.
	Colour palette.Colour `json:"colour,omitzero"`

	// Report holds the sums of the summary.
	Report *eval.Report `json:"-"`

	tokens    tokenized // the beginning of the text in the tokens of this model
	tokenizer string    // its SHA-256
}

// finite returns x as a JSON number, or null if it is not finite.
func finite(x float64) *eval.Number {
	n := eval.Number(x)
	return &n
}

// bytesOf returns the length of documents with their ends.
func bytesOf(docs []corpus.Document) (n int) {
	for _, d := range docs {
		n += d.Bytes()
	}
	return n
}
