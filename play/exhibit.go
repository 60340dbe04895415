package play

import (
	"fmt"
	"net/http"

	"lmzoo/play/models"
	"lmzoo/report/palette"
	"lmzoo/zoo"
)

// description describes a model to a visitor.
type description struct {
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	Species   string         `json:"species"`
	Era       string         `json:"era"`
	Year      int            `json:"year"`
	Paper     string         `json:"paper"`
	Remembers string         `json:"remembers"`
	Params    int            `json:"params"`
	Tokenizer string         `json:"tokenizer"`
	Vocab     int            `json:"vocab"`
	Corpus    string         `json:"corpus"`
	Tokens    int            `json:"train_tokens"`
	Seconds   float64        `json:"train_seconds"`
	Valid     float64        `json:"valid,omitempty"` // best validation
	Unit      string         `json:"valid_unit"`      // unit of Valid, such as nats/token
	Context   bool           `json:"uses_context"`    // false: the same prediction after any text
	Colour    palette.Colour `json:"colour"`
	Causal    bool           `json:"causal"` // whether it has a next-token distribution
	Views     []string       `json:"views"`  // names of insideViews, and embeddings
}

// describe returns the description of a model.
func describe(e *models.Model) description {
	s, c := e.Run.Species, e.Run.Config
	d := description{
		ID: e.ID, Title: e.Run.Title(), Species: s.Name, Era: s.Era, Year: s.Year,
		Paper: s.Paper, Remembers: s.Remembers, Params: e.Run.Params(),
		Tokenizer: c.Tokenizer.Name, Vocab: c.Tokenizer.Vocab,
		Corpus: models.CorpusName(c.Data), Views: views(e),
		Causal: e.LM != nil, Context: e.UsesContext(), Colour: s.Palette(),
		Unit: s.ValidationUnit(),
	}
	if c.Result != nil {
		d.Tokens, d.Seconds, d.Valid = c.Result.Tokens, c.Result.Seconds, c.Result.Valid
	}
	return d
}

// views returns the names of the views into a model.
func views(e *models.Model) []string {
	views := []string{}
	for _, v := range viewsOf(e.Run.Model) {
		views = append(views, v.name)
	}
	if table(e) != nil {
		views = append(views, "embeddings")
	}
	return views
}

// Shown returns the runs that a playground can show, and a note about each other run. A run can be
// shown if its model has a next-token distribution, a view of its internals, or a reward for the
// answers of other models.
func Shown(runs []*zoo.Run) (shown []*zoo.Run, notes []string) {
	for _, r := range runs {
		m := models.New("", r)
		if !showable(m) {
			_, err := r.LM()
			notes = append(notes, fmt.Sprintf("left out: %v", err))
			continue
		}
		shown = append(shown, r)
	}
	return shown, notes
}

// showable reports whether visitors can see anything of a model.
func showable(m *models.Model) bool {
	_, err := m.Run.RewardModel()
	return m.LM != nil || err == nil || len(views(m)) > 0
}

func (s *Server) listModels(*http.Request) (any, error) {
	all := []description{}
	for _, e := range s.models.List() {
		all = append(all, describe(e))
	}
	species := []map[string]any{}
	for _, sp := range s.opt.Catalogue {
		if !sp.Causal() {
			continue
		}
		species = append(species,
			map[string]any{"name": sp.Name, "title": sp.Title, "era": sp.Era, "year": sp.Year,
				"neural": sp.IsNeural(), "sizes": sp.Sizes})
	}
	return map[string]any{
		"models": all, "species": species, "tokenizers": zoo.Tokenizers(),
		"can_train": s.opt.TrainDir != "",
		"starters":  startersFor(s.models.List()),
		"limits": map[string]any{
			"prompt_bytes":     s.opt.Limits.PromptBytes,
			"text_bytes":       s.opt.Limits.TextBytes,
			"tokens":           s.opt.Limits.Tokens,
			"streams":          s.opt.Limits.Streams,
			"training_seconds": s.opt.Limits.TrainingTime.Seconds(),
		},
	}, nil
}
