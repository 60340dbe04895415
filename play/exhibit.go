package play

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/ngram"
	"lmzoo/rnn"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

// exhibit is a model that visitors can play with.
type exhibit struct {
	id     string
	run    *zoo.Run
	model  lm.Model
	memory memory
	texts  []string // what each token stands for
	space  embeddingSpace
}

// exhibits are all of them. Trainings add to them while they are being looked at.
type exhibits struct {
	mu  sync.RWMutex
	all []*exhibit
}

// add opens a run to visitors and returns its name: that of its directory, made unique. A run without a next-token
// distribution stays out and has no name.
func (es *exhibits) add(r *zoo.Run) string {
	m, err := r.LM()
	if err != nil {
		return ""
	}
	e := &exhibit{run: r, model: m, texts: make([]string, r.Tokenizer.Vocab())}
	e.memory.model = m
	for t := range e.texts {
		e.texts[t] = r.Tokenizer.Decode([]lm.Token{lm.Token(t)})
	}
	es.mu.Lock()
	defer es.mu.Unlock()
	for i, old := range es.all {
		if r.Dir != "" && old.run.Dir == r.Dir { // it has been trained on
			e.id = old.id
			es.all[i] = e
			return e.id
		}
	}
	base := clean(filepath.Base(r.Dir))
	if parent := clean(filepath.Base(filepath.Dir(filepath.Clean(r.Dir)))); es.find(base) != nil && parent != "" {
		base = parent + "-" + base
	}
	e.id = base
	for n := 2; es.find(e.id) != nil; n++ {
		e.id = fmt.Sprintf("%s-%d", base, n)
	}
	es.all = append(es.all, e)
	return e.id
}

// clean makes a name that needs no escaping anywhere.
func clean(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name), "-.")
}

// find needs mu.
func (es *exhibits) find(id string) *exhibit {
	for _, e := range es.all {
		if e.id == id {
			return e
		}
	}
	return nil
}

func (es *exhibits) list() []*exhibit {
	es.mu.RLock()
	defer es.mu.RUnlock()
	return append([]*exhibit(nil), es.all...)
}

// get finds the model that a request names in a field.
func (es *exhibits) get(param, id string) (*exhibit, error) {
	es.mu.RLock()
	defer es.mu.RUnlock()
	if e := es.find(id); e != nil {
		return e, nil
	}
	if id == "" {
		return nil, wrong(param, "is missing; expected the name of a model: GET /v1/models lists them")
	}
	return nil, coded("model_not_found", refuse(http.StatusNotFound, param, "there is no model %.80q; GET /v1/models lists them", id))
}

// some finds several models; none named means all.
func (es *exhibits) some(ids []string) ([]*exhibit, error) {
	if len(ids) == 0 {
		return es.list(), nil
	}
	if len(ids) > maxModels {
		return nil, wrong("models", "names %d models; at most %d are allowed", len(ids), maxModels)
	}
	var some []*exhibit
	for _, id := range ids {
		e, err := es.get("models", id)
		if err != nil {
			return nil, err
		}
		some = append(some, e)
	}
	return some, nil
}

// maxModels is how many models one request may ask.
const maxModels = 32

// description is what a visitor is told about a model.
type description struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Species   string   `json:"species"`
	Era       string   `json:"era"`
	Year      int      `json:"year"`
	Paper     string   `json:"paper"`
	Remembers string   `json:"remembers"`
	Params    int      `json:"params"`
	Tokenizer string   `json:"tokenizer"`
	Vocab     int      `json:"vocab"`
	Corpus    string   `json:"corpus"`
	Tokens    int      `json:"train_tokens"`
	Seconds   float64  `json:"train_seconds"`
	Valid     float64  `json:"valid,omitempty"` // nats per token
	Views     []string `json:"views"`           // what can be seen inside: backoff, voices, signals, attention, embeddings
}

func (e *exhibit) describe() description {
	s, c := e.run.Species, e.run.Config
	d := description{
		ID: e.id, Title: e.run.Title(), Species: s.Name, Era: s.Era, Year: s.Year, Paper: s.Paper, Remembers: s.Remembers,
		Params: e.run.Params(), Tokenizer: c.Tokenizer.Name, Vocab: c.Tokenizer.Vocab, Corpus: corpusName(c.Data), Views: e.views(),
	}
	if c.Result != nil {
		d.Tokens, d.Seconds, d.Valid = c.Result.Tokens, c.Result.Seconds, c.Result.Valid
	}
	return d
}

// corpusName is what a corpus is called, without telling where on the disk it lies.
func corpusName(d zoo.Data) string { return filepath.Base(d.Corpus) }

// views are the ways to look inside.
func (e *exhibit) views() []string {
	switch e.run.Model.(type) {
	case *ngram.Model:
		return []string{"backoff"}
	case *mlp.Model:
		return []string{"voices", "embeddings"}
	case *rnn.Model:
		return []string{"signals", "embeddings"}
	case *transformer.Model:
		return []string{"attention", "embeddings"}
	}
	return []string{}
}

func (e *exhibit) tokenizer() corpus.Tokenizer { return e.run.Tokenizer }

// show is a token as a reader should see it.
func (e *exhibit) show(t lm.Token) string { return e.tokenizer().Text(t) }

// raw is the text of a token; what is no text of its own, such as half a character, is shown instead.
func (e *exhibit) raw(t lm.Token) string {
	if text := e.texts[t]; text != "" && utf8.ValidString(text) {
		return text
	}
	return e.show(t)
}

func (s *Server) listModels(w http.ResponseWriter, _ *http.Request) error {
	all := []description{}
	for _, e := range s.exhibits.list() {
		all = append(all, e.describe())
	}
	species := []map[string]any{}
	for _, sp := range s.opt.Catalogue {
		if !sp.Causal() {
			continue
		}
		species = append(species, map[string]any{"name": sp.Name, "title": sp.Title, "era": sp.Era, "year": sp.Year, "neural": sp.IsNeural(), "sizes": sp.Sizes})
	}
	reply(w, http.StatusOK, map[string]any{
		"models": all, "species": species, "tokenizers": zoo.Tokenizers(), "can_train": s.opt.TrainDir != "",
		"limits": map[string]any{
			"prompt_bytes": s.opt.Limits.PromptBytes, "text_bytes": s.opt.Limits.TextBytes, "tokens": s.opt.Limits.Tokens,
			"streams": s.opt.Limits.Streams, "training_seconds": s.opt.Limits.TrainingTime.Seconds(),
		},
	})
	return nil
}
