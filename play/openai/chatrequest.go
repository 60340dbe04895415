package openai

import (
	"encoding/json"
	"slices"
	"strings"

	"lmzoo/lm/sample"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/prompt"
)

// chatRequest holds the fields of OpenAI's chat completions that apply to these models. Unknown
// fields are ignored; unsupported fields that would change the result are refused.
type chatRequest struct {
	Model               string          `json:"model"`
	Messages            json.RawMessage `json:"messages"`
	MaxTokens           *int            `json:"max_tokens"`            // null: the window
	MaxCompletionTokens *int            `json:"max_completion_tokens"` // newer name of max_tokens
	Temperature         *float64        `json:"temperature"`           // null: 1
	TopP                *float64        `json:"top_p"`                 // null: 1
	TopK                int             `json:"top_k"`
	MinP                float64         `json:"min_p"`
	N                   *int            `json:"n"` // null: 1
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options"`
	Stop                stops           `json:"stop"`
	Seed                *int64          `json:"seed"`
	Tools               []tool          `json:"tools"`
	ToolChoice          json.RawMessage `json:"tool_choice"` // null: auto

	Logprobs         bool               `json:"logprobs"`
	LogitBias        map[string]float64 `json:"logit_bias"`
	PresencePenalty  float64            `json:"presence_penalty"`
	FrequencyPenalty float64            `json:"frequency_penalty"`
	Functions        json.RawMessage    `json:"functions"` // the predecessor of tools
	ResponseFormat   *struct {
		Type string `json:"type"`
	} `json:"response_format"`
}

// tool is a function that the client runs, or a tool of the server under the name of its type.
type tool struct {
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

const (
	maxTools    = 16
	maxMessages = 256
)

// checkChat checks a request and returns the messages and the options of their answer.
func (a *API) checkChat(q *chatRequest, m *models.Model) ([]prompt.Message, prompt.Options, error) {
	var o prompt.Options
	if err := q.checkUnsupported(); err != nil {
		return nil, o, err
	}
	size := or(q.MaxTokens, or(q.MaxCompletionTokens, a.Limits.Tokens))
	switch {
	case size < 1 || size > a.Limits.Tokens:
		return nil, o, web.Invalid("max_tokens", "is %d; want 1 to %d", size, a.Limits.Tokens)
	case or(q.N, 1) < 1 || or(q.N, 1) > maxChoices:
		return nil, o, web.Invalid("n", "is %d; want 1 to %d", *q.N, maxChoices)
	}
	if err := q.Stop.check(); err != nil {
		return nil, o, err
	}
	var err error
	if o.Options, err = models.Sampling(or(q.Temperature, 1), q.TopK, or(q.TopP, 1), q.MinP,
		size); err != nil {
		return nil, o, err
	}
	o.Rand = sample.Rand(uint64(or(q.Seed, 1)))
	if err := q.offer(&o, m); err != nil {
		return nil, o, err
	}
	messages, err := a.messages(q, o)
	return messages, o, err
}

// messages returns the messages of a request. If there is no system message, it adds one that lists
// the tools on offer.
func (a *API) messages(q *chatRequest, o prompt.Options) ([]prompt.Message, error) {
	if len(q.Messages) > a.Limits.PromptBytes {
		return nil, web.Invalid("messages", "has %d bytes; want at most %d", len(q.Messages),
			a.Limits.PromptBytes)
	}
	if len(q.Messages) == 0 || string(q.Messages) == "null" {
		return nil, web.Invalid("messages", "is missing; want a list of messages")
	}
	messages, err := prompt.ParseMessages("messages", q.Messages)
	if err != nil {
		return nil, web.Refuse(400, "messages", "%v", err)
	}
	if len(messages) > maxMessages {
		return nil, web.Invalid("messages", "has %d messages; want at most %d", len(messages),
			maxMessages)
	}
	if last := messages[len(messages)-1].Role; last != prompt.User && last != prompt.Tool {
		return nil, web.Invalid("messages", "ends with the role %s; want user or tool", last)
	}
	names := slices.Concat(o.Tools.Names(), o.Client)
	if messages[0].Role != prompt.System && len(names) > 0 {
		messages = slices.Insert(messages, 0,
			prompt.Message{Role: prompt.System, Content: prompt.Offer(names)})
	}
	return messages, nil
}

// offer sets the tools on offer: the client's tools, and the server's tools that the request names.
func (q *chatRequest) offer(o *prompt.Options, m *models.Model) error {
	if len(q.Tools) > maxTools {
		return web.Invalid("tools", "has %d tools; want at most %d", len(q.Tools), maxTools)
	}
	choice := strings.Trim(string(q.ToolChoice), `"`)
	switch choice {
	case "none":
		return nil
	case "", "null", "auto":
	default:
		return web.Invalid("tool_choice", "is %.80s; want auto or none: the model decides when to "+
			"call", q.ToolChoice)
	}
	var own []string
	for _, t := range q.Tools {
		name := t.Function.Name
		if t.Type != "function" {
			name = t.Type
			own = append(own, name)
		} else {
			o.Client = append(o.Client, name)
		}
		if len(strings.Fields(name)) != 1 {
			return web.Invalid("tools", "has the name %.40q; want one without spaces", name)
		}
		if strings.ContainsAny(name, "=,") {
			return web.Invalid("tools", "has the name %.40q; want letters, digits and _", name)
		}
	}
	var err error
	if o.Tools, err = m.Run.Config.Data.Tools(own); err != nil {
		return web.Invalid("tools", "cannot be run here: %v; or want the type function", err)
	}
	return nil
}

// checkUnsupported refuses fields that would change the result.
func (q *chatRequest) checkUnsupported() error {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"logprobs", q.Logprobs}, {"logit_bias", len(q.LogitBias) > 0},
		{"presence_penalty", q.PresencePenalty != 0},
		{"frequency_penalty", q.FrequencyPenalty != 0},
		{"functions", len(q.Functions) > 0 && string(q.Functions) != "null"},
		{"response_format", q.ResponseFormat != nil && q.ResponseFormat.Type != "text"},
	} {
		if f.set {
			return web.Invalid(f.name, "is not supported; leave it out")
		}
	}
	return nil
}
