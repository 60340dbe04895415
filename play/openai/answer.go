package openai

import "math"

// completion is an answer, or a piece of a streamed answer.
type completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

type choice struct {
	Text         string    `json:"text"`
	Index        int       `json:"index"`
	Logprobs     *logprobs `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

// logprobs holds lists with one entry for each token.
type logprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []float64            `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	// offset of each token in characters, from the beginning of the prompt
	TextOffset []int `json:"text_offset"`
}

// newLogprobs returns empty lists, which are [] in JSON.
func newLogprobs() *logprobs {
	return &logprobs{[]string{}, []float64{}, []map[string]float64{}, []int{}}
}

// add appends the entries of more.
func (l *logprobs) add(more *logprobs) {
	l.Tokens = append(l.Tokens, more.Tokens...)
	l.TokenLogprobs = append(l.TokenLogprobs, more.TokenLogprobs...)
	l.TopLogprobs = append(l.TopLogprobs, more.TopLogprobs...)
	l.TextOffset = append(l.TextOffset, more.TextOffset...)
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// finite replaces ln 0, which JSON cannot express, with a number below all others.
func finite(logProb float64) float64 { return max(logProb, -9999) }

// top returns ln of a probability for JSON.
func top(p float64) float64 { return finite(math.Log(p)) }
