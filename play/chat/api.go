// Package chat lets the models of a playground answer the same question side by side, rewards their
// answers, and stores the preferences of visitors.
package chat

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// API answers the requests below /api/chat.
type API struct {
	Desk   *web.Desk
	Models *models.Set
	Limits Limits

	// Requests admits short requests, and Streams admits answers.
	Requests, Streams *web.Gate

	// Preferences is the file to which visitors may append preferences; "": none.
	Preferences string

	worlds worlds
	file   sync.Mutex // held while Preferences is written
}

// Limits bounds the size of a request.
type Limits struct {
	PromptBytes int
	Tokens      int           // maximum number of tokens per answer
	Time        time.Duration // time limit for all answers to a question
}

// Routes returns the handlers by pattern.
func (a *API) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /api/chat": func(w http.ResponseWriter, r *http.Request) {
			a.Desk.Answer(w, r, a.Requests, func(context.Context) (any, error) { return a.list(r) })
		},
		"POST /api/chat":             a.ask,
		"POST /api/chat/preferences": a.prefer,
	}
}

// participant is a model that can be asked.
type participant struct {
	Model   string   `json:"model"`
	Stage   string   `json:"stage,omitempty"` // training stage, such as sft; "": pre-training
	Answers bool     `json:"answers"`         // false: it only continues the text of the question
	Tools   []string `json:"tools,omitempty"`

	model  *models.Model
	layout *prompt.Layout // nil: it does not answer
}

// stages lists the stages in the order of training, the base first.
var stages = []string{"", zoo.StageSFT, zoo.StageDPO, zoo.StageRL}

// participants returns, in the order of their stages, the models that answer, and the models that
// only continue text but were trained on the text of a model that answers, such as its ancestor.
func (a *API) participants() []participant {
	all := []participant{}
	texts := map[string]bool{}
	for _, m := range a.Models.Causal() {
		p := participant{Model: m.ID, model: m}
		if s := m.Run.Config.Stage; s != nil {
			p.Stage = s.Kind
		}
		if layout, err := m.Run.Layout(); err == nil {
			p.layout, p.Answers, p.Tools = layout, true, toolsOf(m)
			texts[m.Run.Config.Data.SHA256] = true
		}
		all = append(all, p)
	}
	asked := all[:0]
	for _, p := range all {
		if texts[p.model.Run.Config.Data.SHA256] {
			asked = append(asked, p)
		}
	}
	slices.SortStableFunc(asked, func(x, y participant) int {
		return slices.Index(stages, x.Stage) - slices.Index(stages, y.Stage)
	})
	return asked
}

// some returns the participants that a request names, or all if it names none.
func (a *API) some(ids []string) ([]participant, error) {
	all := a.participants()
	if len(ids) == 0 {
		if len(all) == 0 {
			return nil, web.Invalid("models", "is empty, and no model here has learned to answer; "+
				"teach one with lmzoo sft or lmzoo pipeline")
		}
		return all, nil
	}
	named, err := a.Models.Some(ids)
	if err != nil {
		return nil, err
	}
	var some []participant
	for _, m := range named {
		found := false
		for _, p := range all {
			if p.model == m {
				some, found = append(some, p), true
			}
		}
		if !found {
			return nil, web.Invalid("models", "has %s, which has not learned to answer; "+
				"GET /api/chat lists the models that can be asked", m.ID)
		}
	}
	return some, nil
}

// list describes the models that can be asked, the suggested questions, and the judges of the
// answers.
func (a *API) list(r *http.Request) (any, error) {
	seed := uint64(1)
	if text := r.URL.Query().Get("seed"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, web.Invalid("seed", "is %.40q; want a number", text)
		}
	}
	all := a.participants()
	rewards := []string{}
	for _, j := range a.judges() {
		rewards = append(rewards, j.model.ID)
	}
	file := ""
	if a.Preferences != "" {
		file = filepath.Base(a.Preferences)
	}
	return map[string]any{"models": all, "rewards": rewards, "file": file,
		"questions": a.suggest(all, seed)}, nil
}
