package zoo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"lmzoo/suggest"
	"lmzoo/train"
)

// Settings is everything that can be chosen about a species: the shape of the model and how it is trained.
// In JSON the fields of both stand side by side.
type Settings struct {
	Model any           // pointer to the model's Config
	Train *train.Config // nil for species that are counted, not trained
}

// Set changes settings by their JSON names. A name that neither the model nor its training has, or a
// value of the wrong type, is an error that lists what there is.
func (s *Settings) Set(values map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		target := s.owner(key)
		switch why := elsewhere[key]; {
		case target == nil && len(s.Names()) == 0:
			return fmt.Errorf("unknown setting %q: this species has no settings", key)
		case target == nil:
			return suggest.Unknown("setting", key, s.Names())
		case why != "":
			return fmt.Errorf("setting %q is not chosen here: %s", key, why)
		}
		if x, ok := values[key].(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			return fmt.Errorf("setting %q is %v; expected a finite number", key, x)
		}
		if values[key] == nil {
			return fmt.Errorf("setting %q is null; give a value, or leave it out", key)
		}
		data, err := json.Marshal(map[string]any{key: values[key]})
		if err != nil {
			return fmt.Errorf("setting %q: %w", key, err)
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(target); err != nil {
			var wrong *json.UnmarshalTypeError
			if errors.As(err, &wrong) {
				return fmt.Errorf("setting %q: cannot use %s; expected %s", key, data[len(key)+len(`{"":`):len(data)-1], kind(wrong.Type))
			}
			return fmt.Errorf("setting %q: cannot use %v: %w", key, values[key], err)
		}
	}
	s.reconcile(values)
	return nil
}

// kind says in words what a type of Go holds.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	}
	return "a text"
}

// reconcile makes settings follow from those given: a length in steps is not also one in time and the
// other way round, and the context window (n_positions) is as long as the training rows.
func (s *Settings) reconcile(values map[string]any) {
	given := func(key string) bool { _, ok := values[key]; return ok }
	if s.Train == nil {
		return
	}
	switch {
	case given("budget") && !given("steps"):
		s.Train.Steps = 0
	case given("steps") && !given("budget"):
		s.Train.Budget = 0
	}
	if window := intField(s.Model, "n_positions"); window != nil {
		switch {
		case given("context") && !given("n_positions"):
			*window = s.Train.Context
		case given("n_positions") && !given("context"):
			s.Train.Context = *window
		}
	}
}

// elsewhere says where settings come from that nobody chooses by themselves.
var elsewhere = map[string]string{
	"vocab_size":    "it follows from the tokenizer; see --vocab",
	"unk":           "it follows from the tokenizer; see --tokenizer",
	"mask_token_id": "it follows from the tokenizer",
	"sep_token_id":  "it follows from the tokenizer",
	"cell":          "it is the species: rnn, lstm or gru",
	"seed":          "it is --seed",
	"threads":       "it is --threads",
}

// Names lists the settings that can be chosen, the model's first.
func (s *Settings) Names() []string {
	names := jsonNames(s.Model)
	if s.Train != nil {
		for _, n := range jsonNames(s.Train) {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return elsewhere[n] != "" })
}

// owner is the struct that has a field of that JSON name.
func (s *Settings) owner(key string) any {
	if slices.Contains(jsonNames(s.Model), key) {
		return s.Model
	}
	if s.Train != nil && slices.Contains(jsonNames(s.Train), key) {
		return s.Train
	}
	return nil
}

// jsonNames are the JSON names of the fields of config, a pointer to a struct, in order; those of embedded structs too.
func jsonNames(config any) []string {
	return namesOf(reflect.TypeOf(config).Elem())
}

func namesOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, namesOf(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// intField returns the field of config, a pointer to a struct, with a JSON name; nil if it has none that is an int.
func intField(config any, name string) *int {
	v := reflect.ValueOf(config)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	v = v.Elem()
	for i := range v.NumField() {
		if n, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); n == name && v.Field(i).CanAddr() {
			p, _ := v.Field(i).Addr().Interface().(*int)
			return p
		}
	}
	return nil
}

// intNames returns the JSON names of the fields of config that are ints and can be chosen.
func intNames(config any) (names []string) {
	for _, name := range jsonNames(config) {
		if intField(config, name) != nil && elsewhere[name] == "" {
			names = append(names, name)
		}
	}
	return names
}

// withVocab returns a copy of config, a pointer to a struct, with its setting vocab_size.
func withVocab(config any, vocab int) any {
	v := reflect.ValueOf(config)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return config
	}
	sized := reflect.New(v.Type().Elem())
	sized.Elem().Set(v.Elem())
	setVocab(sized.Interface(), vocab)
	return sized.Interface()
}

// setVocab sets the setting vocab_size of config, if it has one.
func setVocab(config any, vocab int) {
	if p := intField(config, "vocab_size"); p != nil {
		*p = vocab
	}
}

// Bounded reports whether these are settings of a model that is counted in bounded memory, so that its text can be an
// Order's Stream.
func (s *Species) Bounded(settings *Settings) bool {
	c := s.Counting
	return c != nil && c.Stream != nil && c.Bounded != nil && c.Bounded(settings.Model)
}

// Change sets only settings that are free to change, and accepts the others where they stay as they are.
func (s *Settings) Change(values map[string]any, free []string) error {
	before, err := s.flat()
	if err != nil {
		return err
	}
	if err := s.Set(values); err != nil {
		return err
	}
	after, err := s.flat()
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(free, key) && !bytes.Equal(before[key], after[key]) {
			return fmt.Errorf("a resumed run keeps its %s: it was made with %s, not %s; only %s may change", key, before[key], after[key], strings.Join(free, ", "))
		}
	}
	return nil
}

// flat is every setting as JSON, by name.
func (s *Settings) flat() (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, part := range []any{s.Train, s.Model} { // the model's win, as in owner
		data, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, err
		}
	}
	return all, nil
}
