package openai

import (
	"encoding/json"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// request holds the fields of OpenAI's legacy completions that apply to these models. Unknown
// fields are ignored, because clients send many; unsupported fields that would change the result
// are refused.
type request struct {
	Model         string         `json:"model"`
	Prompt        prompts        `json:"prompt"`
	MaxTokens     *int           `json:"max_tokens"`  // null: 16
	Temperature   *float64       `json:"temperature"` // null: 1
	TopP          *float64       `json:"top_p"`       // null: 1
	TopK          int            `json:"top_k"`       // not in OpenAI's API, but common
	MinP          float64        `json:"min_p"`
	N             *int           `json:"n"` // null: 1
	Stream        bool           `json:"stream"`
	StreamOptions *streamOptions `json:"stream_options"`
	// Logprobs is the number of likeliest tokens to report per position; null: none.
	Logprobs *int   `json:"logprobs"`
	Echo     bool   `json:"echo"`
	Stop     stops  `json:"stop"`
	Seed     *int64 `json:"seed"`

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
	defaultTokens = 16
	maxPrompts    = 32
	maxChoices    = 16 // maximum of n
	maxStops      = 4
	maxStopBytes  = 256
	maxLogprobs   = 20
)

// given is a prompt: a text, or tokens.
type given struct {
	text    string
	tokens  []lm.Token
	encoded bool // whether it was given as tokens
}

// prompts is one prompt or several: a string, or a list of strings, of tokens, or of lists of
// tokens.
type prompts []given

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
		*p = prompts{{tokens: tokens, encoded: true}}
	case json.Unmarshal(data, &texts) == nil:
		for _, t := range texts {
			*p = append(*p, given{text: t})
		}
	case json.Unmarshal(data, &lists) == nil:
		for _, t := range lists {
			*p = append(*p, given{tokens: t, encoded: true})
		}
	default:
		return web.Invalid("prompt",
			"has the wrong type; want a string, or a list of strings, of tokens "+
				"or of lists of tokens")
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
		return web.Invalid("stop", "has the wrong type; want a string or a list of strings")
	}
	*s = many
	return nil
}

// check rejects too many stop strings, and stop strings of a wrong length.
func (s stops) check() error {
	if len(s) > maxStops {
		return web.Invalid("stop", "has %d strings; want at most %d", len(s), maxStops)
	}
	for _, stop := range s {
		if stop == "" || len(stop) > maxStopBytes {
			return web.Invalid("stop", "has a string of %d bytes; want 1 to %d", len(stop),
				maxStopBytes)
		}
	}
	return nil
}

// check checks a request, encodes its prompts and returns the Speech to generate.
func (a *API) check(q *request, m *models.Model) (models.Speech, error) {
	if err := a.checkPrompts(q, m); err != nil {
		return models.Speech{}, err
	}
	if err := checkUnsupported(q); err != nil {
		return models.Speech{}, err
	}
	maxTokens := or(q.MaxTokens, defaultTokens)
	switch {
	case maxTokens < 0 || maxTokens > a.Limits.Tokens:
		return models.Speech{}, web.Invalid("max_tokens", "is %d; want 0 to %d", maxTokens,
			a.Limits.Tokens)
	case or(q.N, 1) < 1 || or(q.N, 1) > maxChoices:
		return models.Speech{}, web.Invalid("n", "is %d; want 1 to %d", *q.N, maxChoices)
	case q.Logprobs != nil && (*q.Logprobs < 0 || *q.Logprobs > maxLogprobs):
		return models.Speech{}, web.Invalid("logprobs", "is %d; want 0 to %d", *q.Logprobs,
			maxLogprobs)
	}
	if err := q.Stop.check(); err != nil {
		return models.Speech{}, err
	}
	opt, err := models.Sampling(or(q.Temperature, 1), q.TopK, or(q.TopP, 1), q.MinP, maxTokens)
	s := models.Speech{Options: opt, Seed: 1, Alternatives: or(q.Logprobs, 0)}
	if q.Seed != nil {
		s.Seed = uint64(*q.Seed)
	}
	return s, err
}

// checkUnsupported refuses fields that would change the result.
func checkUnsupported(q *request) error {
	switch {
	case q.PresencePenalty != 0:
		return web.Invalid("presence_penalty", "is not supported; leave it out")
	case q.FrequencyPenalty != 0:
		return web.Invalid("frequency_penalty", "is not supported; leave it out")
	case len(q.LogitBias) > 0:
		return web.Invalid("logit_bias", "is not supported; leave it out")
	case q.Suffix != nil && *q.Suffix != "":
		return web.Invalid("suffix", "is not supported; leave it out")
	case q.BestOf != nil && *q.BestOf != or(q.N, 1):
		return web.Invalid("best_of", "is not supported unless it equals n; leave it out")
	}
	return nil
}

func (a *API) checkPrompts(q *request, m *models.Model) error {
	switch {
	case len(q.Prompt) == 0:
		q.Prompt = prompts{{}} // the beginning of a document
	case len(q.Prompt) > maxPrompts:
		return web.Invalid("prompt", "has %d texts; want at most %d", len(q.Prompt), maxPrompts)
	}
	vocab := m.LM.Vocab()
	for i := range q.Prompt {
		p := &q.Prompt[i]
		if !p.encoded {
			if err := web.CheckText("prompt", p.text, a.Limits.PromptBytes); err != nil {
				return err
			}
			p.tokens = m.Tokenizer().Encode(nil, p.text)
			continue
		}
		for _, t := range p.tokens {
			if t < 0 || int(t) >= vocab {
				return web.Invalid("prompt", "has the token %d; want 0 to %d", t, vocab-1)
			}
		}
		p.text = m.Tokenizer().Decode(p.tokens)
	}
	return nil
}

// or returns *v, or def if v is nil.
func or[T any](v *T, def T) T {
	if v == nil {
		return def
	}
	return *v
}
