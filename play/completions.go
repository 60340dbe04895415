package play

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"lmzoo/lm"
)

// completionRequest is that of OpenAI's legacy completions, as far as it makes sense here. Fields that are not known are
// ignored, as clients send many; fields that would change the result and are not done are refused.
type completionRequest struct {
	Model         string         `json:"model"`
	Prompt        prompts        `json:"prompt"`
	MaxTokens     *int           `json:"max_tokens"`  // null: 16
	Temperature   *float64       `json:"temperature"` // null: 1
	TopP          *float64       `json:"top_p"`       // null: 1
	TopK          int            `json:"top_k"`       // not OpenAI's, but usual
	MinP          float64        `json:"min_p"`
	N             *int           `json:"n"` // null: 1
	Stream        bool           `json:"stream"`
	StreamOptions *streamOptions `json:"stream_options"`
	Logprobs      *int           `json:"logprobs"` // how many of the likeliest to tell; null: none at all
	Echo          bool           `json:"echo"`
	Stop          stops          `json:"stop"`
	Seed          *int64         `json:"seed"`

	BestOf           *int               `json:"best_of"`
	Suffix           *string            `json:"suffix"`
	LogitBias        map[string]float64 `json:"logit_bias"`
	PresencePenalty  float64            `json:"presence_penalty"`
	FrequencyPenalty float64            `json:"frequency_penalty"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

const (
	usualCompletion = 16
	maxPrompts      = 32
	maxChoices      = 16 // n
	maxStops        = 4
	maxStopBytes    = 256
	maxLogprobs     = 20
)

// prompt is a text, or tokens.
type prompt struct {
	text   string
	tokens []lm.Token
	cut    bool // given as tokens
}

// prompts is one prompt or several: a string, a list of strings, of tokens, or of lists of tokens.
type prompts []prompt

// UnmarshalJSON implements json.Unmarshaler.
func (p *prompts) UnmarshalJSON(data []byte) error {
	var text string
	var texts []string
	var tokens []lm.Token
	var lists [][]lm.Token
	*p = nil
	switch {
	case json.Unmarshal(data, &text) == nil:
		*p = prompts{{text: text}}
	case json.Unmarshal(data, &tokens) == nil && len(tokens) > 0:
		*p = prompts{{tokens: tokens, cut: true}}
	case json.Unmarshal(data, &texts) == nil:
		for _, t := range texts {
			*p = append(*p, prompt{text: t})
		}
	case json.Unmarshal(data, &lists) == nil:
		for _, t := range lists {
			*p = append(*p, prompt{tokens: t, cut: true})
		}
	default:
		return wrong("prompt", "must be a string, a list of strings, a list of tokens, or a list of lists of tokens")
	}
	return nil
}

// stops is a string or a list of strings.
type stops []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *stops) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil {
		*s = nil
		if one != nil {
			*s = stops{*one}
		}
		return nil
	}
	var many []string
	if json.Unmarshal(data, &many) != nil {
		return wrong("stop", "must be a string or a list of strings")
	}
	*s = many
	return nil
}

// completion is the answer, or a piece of it.
type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   *usage             `json:"usage,omitempty"`
}

type completionChoice struct {
	Text         string    `json:"text"`
	Index        int       `json:"index"`
	Logprobs     *logprobs `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

// logprobs are lists with one entry for each token.
type logprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []float64            `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"` // in characters, from the beginning of the prompt
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// completions answers as OpenAI's /v1/completions does.
func (s *Server) completions(w http.ResponseWriter, r *http.Request) error {
	var q completionRequest
	if err := read(w, r, &q, bodyOf(s.opt.Limits.PromptBytes), true); err != nil {
		return err
	}
	e, err := s.exhibits.get("model", q.Model)
	if err != nil {
		return err
	}
	sp, err := s.checkCompletion(&q, e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.opt.Limits.StreamTime)
	defer cancel()
	c := &completing{
		q: &q, e: e, speech: sp,
		head: completion{ID: fmt.Sprintf("cmpl-%d", s.opt.Now().UnixNano()), Object: "text_completion", Created: s.opt.Now().Unix(), Model: e.id},
	}
	if q.Stream {
		out := newStream(w, s.opt.Limits.WriteTime)
		if err := c.stream(ctx, out); err != nil {
			_ = out.send("", map[string]any{"error": refuse(http.StatusInternalServerError, "", "%v", err)}) // or it has gone
		}
		return nil
	}
	return c.whole(ctx, w)
}

// checkCompletion makes a speech of a request.
func (s *Server) checkCompletion(q *completionRequest, e *exhibit) (speech, error) {
	if err := s.checkPrompts(q, e); err != nil {
		return speech{}, err
	}
	maxTokens := orUsual(q.MaxTokens, usualCompletion)
	switch {
	case q.PresencePenalty != 0:
		return speech{}, wrong("presence_penalty", "is not supported; leave it out")
	case q.FrequencyPenalty != 0:
		return speech{}, wrong("frequency_penalty", "is not supported; leave it out")
	case len(q.LogitBias) > 0:
		return speech{}, wrong("logit_bias", "is not supported; leave it out")
	case q.Suffix != nil && *q.Suffix != "":
		return speech{}, wrong("suffix", "is not supported; leave it out")
	case q.BestOf != nil && *q.BestOf != orUsual(q.N, 1):
		return speech{}, wrong("best_of", "other than n is not supported; leave it out")
	case maxTokens < 0 || maxTokens > s.opt.Limits.Tokens:
		return speech{}, wrong("max_tokens", "is %d; expected 0 to %d", maxTokens, s.opt.Limits.Tokens)
	case orUsual(q.N, 1) < 1 || orUsual(q.N, 1) > maxChoices:
		return speech{}, wrong("n", "is %d; expected 1 to %d", *q.N, maxChoices)
	case q.Logprobs != nil && (*q.Logprobs < 0 || *q.Logprobs > maxLogprobs):
		return speech{}, wrong("logprobs", "is %d; expected 0 to %d", *q.Logprobs, maxLogprobs)
	case len(q.Stop) > maxStops:
		return speech{}, wrong("stop", "has %d strings; at most %d are allowed", len(q.Stop), maxStops)
	}
	for _, stop := range q.Stop {
		if stop == "" || len(stop) > maxStopBytes {
			return speech{}, wrong("stop", "must have strings of 1 to %d bytes", maxStopBytes)
		}
	}
	opt, err := options(orUsual(q.Temperature, 1), q.TopK, orUsual(q.TopP, 1), q.MinP, maxTokens)
	sp := speech{Options: opt, seed: 1, alternatives: orUsual(q.Logprobs, 0)}
	if q.Seed != nil {
		sp.seed = uint64(*q.Seed)
	}
	return sp, err
}

func (s *Server) checkPrompts(q *completionRequest, e *exhibit) error {
	switch {
	case len(q.Prompt) == 0:
		q.Prompt = prompts{{}} // the beginning of a document
	case len(q.Prompt) > maxPrompts:
		return wrong("prompt", "has %d texts; at most %d are allowed", len(q.Prompt), maxPrompts)
	}
	for i := range q.Prompt {
		p := &q.Prompt[i]
		if !p.cut {
			if err := checkText("prompt", p.text, s.opt.Limits.PromptBytes); err != nil {
				return err
			}
			p.tokens = e.tokenizer().Encode(nil, p.text)
			continue
		}
		for _, t := range p.tokens {
			if t < 0 || int(t) >= e.model.Vocab() {
				return wrong("prompt", "has the token %d; expected 0 to %d", t, e.model.Vocab()-1)
			}
		}
		p.text = e.tokenizer().Decode(p.tokens)
	}
	return nil
}

func orUsual[T any](v *T, usual T) T {
	if v == nil {
		return usual
	}
	return *v
}

// v1Model describes a model as OpenAI does.
type v1Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func (s *Server) describeV1(e *exhibit) v1Model {
	return v1Model{e.id, "model", s.began.Unix(), "lmzoo"}
}

func (s *Server) v1Models(w http.ResponseWriter, _ *http.Request) error {
	data := []v1Model{}
	for _, e := range s.exhibits.list() {
		data = append(data, s.describeV1(e))
	}
	reply(w, http.StatusOK, map[string]any{"object": "list", "data": data})
	return nil
}

func (s *Server) v1Model(w http.ResponseWriter, r *http.Request) error {
	e, err := s.exhibits.get("model", r.PathValue("model"))
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, s.describeV1(e))
	return nil
}
