package zoo

import (
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/train"
)

// Parent is the run from which another run was trained, as recorded in config.json.
type Parent struct {
	Dir         string   `json:"dir"`
	Fingerprint string   `json:"fingerprint"`
	Stage       string   `json:"stage"`            // purpose of the training
	Prefix      string   `json:"prefix,omitempty"` // prefix of the parent's parameters in the model
	Frozen      []string `json:"frozen,omitempty"` // patterns of parameters that keep their values
}

// Origin is the run whose weights a new run starts from.
type Origin struct {
	Run   *Run
	Stage string // purpose of the training, such as "fine-tuning"
	// Prefix is the prefix of the parent's parameters in the new model, such as "body.".
	Prefix string
	// Frozen lists patterns (path.Match) of parameters that keep their values, such as "h.0.*"; *
	// matches any text.
	Frozen []string
}

// record returns the Parent that config.json stores for an origin.
func (o *Origin) record() (*Parent, error) {
	print, err := o.Run.Fingerprint()
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Run.Dir)
	if err != nil {
		return nil, err
	}
	return &Parent{
		Dir: dir, Fingerprint: print, Stage: o.Stage, Prefix: o.Prefix, Frozen: o.Frozen,
	}, nil
}

// origin opens the run that p records.
func (cat Catalogue) origin(p Parent) (*Origin, error) {
	r, err := cat.Open(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("its parent: %w", err)
	}
	print, err := r.Fingerprint()
	if err != nil {
		return nil, err
	}
	if print != p.Fingerprint {
		return nil, fmt.Errorf("its parent %s has changed; train from it again", p.Dir)
	}
	return &Origin{Run: r, Stage: p.Stage, Prefix: p.Prefix, Frozen: p.Frozen}, nil
}

// inherit fills the weights of a new model from its origin, and returns a note about the parameters
// that start from random values.
func (o *Origin) inherit(model any, tok corpus.Tokenizer) ([]string, error) {
	if err := extends(tok, o.Run.Tokenizer); err != nil {
		return nil, fmt.Errorf("%s cannot be the parent: %w", o.Run.Dir, err)
	}
	weights, remove, err := o.Run.weights()
	if err != nil {
		return nil, err
	}
	defer remove()
	p := train.Partial{OldVocab: o.Run.Tokenizer.Vocab(), NewVocab: tok.Vocab()}
	if o.Prefix != "" {
		p.Name = func(param string) string {
			name, ok := strings.CutPrefix(param, o.Prefix)
			if !ok {
				return ""
			}
			return name
		}
	}
	filled, err := train.LoadPartial(weights, model, p)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be the parent: %w", o.Run.Dir, err)
	}
	if len(filled) == 0 {
		return nil, fmt.Errorf(
			"%s cannot be the parent: it has no parameter of this model; choose "+
				"a run of the same species",
			o.Run.Dir)
	}
	if fresh := missing(model, filled); len(fresh) > 0 {
		return []string{fmt.Sprintf("not in %s, so they start from random values: %s",
			o.Run.Dir, strings.Join(fresh, " "))}, nil
	}
	return nil, nil
}

// freeze turns the parameters that the patterns select into constants.
func (p *Parent) freeze(model any) error {
	if len(p.Frozen) == 0 {
		return nil
	}
	names, err := train.Freeze(model, func(param string) bool {
		return slices.ContainsFunc(p.Frozen, func(pattern string) bool {
			return matches(pattern, param)
		})
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no parameter matches %s; want patterns of: %s",
			strings.Join(p.Frozen, " "), strings.Join(missing(model, nil), " "))
	}
	if err != nil {
		return Misuse{err}
	}
	return nil
}

// matches is like path.Match, for names without slashes. A malformed pattern matches only itself.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok || err != nil && pattern == name
}

// missing returns the names of the parameters of model that are not in names.
func missing(model any, names []string) (out []string) {
	for _, p := range nn.Params(model) {
		if !slices.Contains(names, p.Name) {
			out = append(out, p.Name)
		}
	}
	return out
}

// extends returns an error unless tok is parent or parent with more special tokens.
func extends(tok, parent corpus.Tokenizer) error {
	names, old := corpus.Specials(tok), corpus.Specials(parent)
	if len(names) >= len(old) && slices.Equal(names[:len(old)], old) {
		extended, err := corpus.WithSpecials(parent, names[len(old):]...)
		if err != nil {
			return err
		}
		a, err := tokenizerInfo(extended)
		if err != nil {
			return err
		}
		b, err := tokenizerInfo(tok)
		if err != nil {
			return err
		}
		if a == b {
			return nil
		}
	}
	return fmt.Errorf("its tokenizer (%s, %d tokens) differs; want the same one, possibly with "+
		"more special tokens",
		parent.Name(), parent.Vocab())
}

// maxGenerations bounds the length of a lineage, in case runs name each other as parents.
const maxGenerations = 32

// Ancestor is a parent in a lineage.
type Ancestor struct {
	Parent
	Species string `json:"species,omitempty"` // empty if its directory cannot be read
	Changed bool   `json:"changed,omitempty"` // it changed after the child was trained
}

// Lineage returns the parent of a run, the parent of that parent, and so on.
func (cat Catalogue) Lineage(c Config) []Ancestor {
	var all []Ancestor
	for c.Parent != nil && len(all) < maxGenerations {
		a := Ancestor{Parent: *c.Parent}
		parent, err := ReadConfig(a.Dir)
		if err != nil {
			return append(all, a)
		}
		a.Species = parent.Species
		if species, err := cat.speciesOf(parent); err == nil {
			r := &Run{Dir: a.Dir, Config: parent, Species: species, catalogue: cat}
			print, err := r.Fingerprint()
			a.Changed = err != nil || print != a.Fingerprint
		}
		all, c = append(all, a), parent
	}
	return all
}

// Clone returns a copy of the settings that shares only slices with them.
func (s *Settings) Clone() *Settings {
	twin := *s
	if v := reflect.ValueOf(s.Model); v.Kind() == reflect.Pointer && !v.IsNil() {
		model := reflect.New(v.Type().Elem())
		model.Elem().Set(v.Elem())
		twin.Model = model.Interface()
	}
	if s.Train != nil {
		c := *s.Train
		twin.Train = &c
	}
	return &twin
}
