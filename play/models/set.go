package models

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"lmzoo/play/web"
	"lmzoo/zoo"
)

// Set holds the models of a playground. Training runs add to it while visitors use it.
type Set struct {
	// Keep reports whether visitors can see anything of a model; nil: always. Set it before Add.
	Keep func(*Model) bool

	mu  sync.RWMutex
	all []*Model
}

// fingerprint is the end of the name of a run in the store of lmzoo lab. For visitors, the corpus
// says more.
var fingerprint = regexp.MustCompile("-[0-9a-f]{16}$")

// Add makes a run available to visitors and returns its name: the name of its directory, made
// unique. A run from a known directory replaces the earlier model from that directory. A run that
// Keep refuses is not added and gets no name.
func (s *Set) Add(r *zoo.Run) string {
	m := New("", r)
	if s.Keep != nil && !s.Keep(m) {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.all {
		if r.Dir != "" && old.Run.Dir == r.Dir {
			m.ID = old.ID
			s.all[i] = m
			return m.ID
		}
	}
	base := fingerprint.ReplaceAllString(Name(r.Dir), "-"+Name(r.Config.Data.Corpus))
	if parent := Name(filepath.Dir(filepath.Clean(r.Dir))); s.find(base) != nil && parent != "" {
		base = parent + "-" + base
	}
	m.ID = base
	for n := 2; s.find(m.ID) != nil; n++ {
		m.ID = fmt.Sprintf("%s-%d", base, n)
	}
	s.all = append(s.all, m)
	return m.ID
}

// Name returns the base name of a directory, with only characters that need no escaping anywhere.
func Name(dir string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if letter || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, filepath.Base(dir)), "-.")
}

// find returns the model with a name, or nil. The caller must hold mu.
func (s *Set) find(id string) *Model {
	for _, m := range s.all {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// List returns all models, in order.
func (s *Set) List() []*Model {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]*Model(nil), s.all...)
}

// Causal returns all models that have a next-token distribution, in order.
func (s *Set) Causal() []*Model {
	return slices.DeleteFunc(s.List(), func(m *Model) bool { return m.LM == nil })
}

// GetCausal is like Get, but the model must have a next-token distribution.
func (s *Set) GetCausal(param, id string) (*Model, error) {
	m, err := s.Get(param, id)
	if err == nil && m.LM == nil {
		return nil, web.Invalid(param, "is %q, which has no next-token distribution; "+
			"GET /v1/models lists the models that have one", id)
	}
	return m, err
}

// Get returns the model that a request names in the field param.
func (s *Set) Get(param, id string) (*Model, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := s.find(id); m != nil {
		return m, nil
	}
	if id == "" {
		return nil, web.Invalid(param,
			"is missing; want the name of a model (GET /v1/models lists them)")
	}
	return nil, web.WithCode("model_not_found",
		web.Refuse(http.StatusNotFound, param, "there is no model %.80q; GET /v1/models lists them",
			id))
}

// maxModels is the maximum number of models that a request may name.
const maxModels = 32

// Some returns the models that a request names, or all models if it names none. All of them have a
// next-token distribution.
func (s *Set) Some(ids []string) ([]*Model, error) {
	if len(ids) == 0 {
		return s.Causal(), nil
	}
	if len(ids) > maxModels {
		return nil, web.Invalid("models", "has %d names; want at most %d", len(ids), maxModels)
	}
	var some []*Model
	for _, id := range ids {
		m, err := s.GetCausal("models", id)
		if err != nil {
			return nil, err
		}
		some = append(some, m)
	}
	return some, nil
}

// CorpusName returns the name of a corpus without its directory.
func CorpusName(d zoo.Data) string { return filepath.Base(d.Corpus) }
