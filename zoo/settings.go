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

// Settings holds the choices for a species: the shape of the model and its training. In JSON, the
// fields of both are side by side.
type Settings struct {
	Model any           // pointer to the model's Config
	Train *train.Config // nil for species that are counted
}

// Set changes settings by their JSON names. An unknown name or a value of the wrong type is an
// error.
func (s *Settings) Set(values map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		target, from := s.owner(key)
		switch {
		case target == nil && s.Train == nil && isTraining(key):
			return fmt.Errorf("setting %q is for models that are trained step by step, and this "+
				"species is counted in one pass; leave it out", key)
		case target == nil && len(s.Names()) == 0:
			return fmt.Errorf("unknown setting %q: this species has no settings", key)
		case target == nil:
			return suggest.Unknown("setting", key, s.Names())
		case from != "":
			return fmt.Errorf("setting %q cannot be set: it follows from %s", key, from)
		}
		if x, ok := values[key].(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			return fmt.Errorf("setting %q is %v; want a finite number", key, x)
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
				value := data[len(key)+len(`{"":`) : len(data)-1]
				return fmt.Errorf("setting %q: cannot use %s; want %s",
					key, value, kind(wrong.Type))
			}
			return fmt.Errorf("setting %q: cannot use %v: %w", key, values[key], err)
		}
	}
	s.reconcile(values)
	return nil
}

// isTraining reports whether a setting is one of train.Config.
func isTraining(key string) bool {
	_, ok := field((*train.Config)(nil), key)
	return ok
}

// kind describes the values of a Go type.
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

// reconcile derives settings from those given: steps, a budget and flops replace each other, flops
// replace an interval of validations in seconds, so that the weights do not depend on the speed of
// the machine, and the context window (n_positions) is as long as the training rows.
func (s *Settings) reconcile(values map[string]any) {
	given := func(key string) bool { _, ok := values[key]; return ok }
	if s.Train == nil {
		return
	}
	t := s.Train
	if ends := []string{"steps", "budget", "flops"}; slices.ContainsFunc(ends, given) {
		if !given("steps") {
			t.Steps = 0
		}
		if !given("budget") {
			t.Budget = 0
		}
		if !given("flops") {
			t.Flops = 0
		}
	}
	if t.Flops > 0 && !given("eval_every") && t.EvalEvery.Time > 0 {
		t.EvalEvery = train.Every{Share: 0.1}
	}
	for _, name := range []string{"n_positions", "max_position_embeddings"} {
		window := intField(s.Model, name)
		switch {
		case window == nil:
		case given("context") && !given(name):
			*window = s.Train.Context
		case given(name) && !given("context"):
			s.Train.Context = *window
		}
	}
}

// Names lists the settings that can be chosen, the model's first.
func (s *Settings) Names() []string {
	names := chosen(s.Model)
	if s.Train != nil {
		for _, n := range chosen(s.Train) {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// owner returns the configuration that has a field with this JSON name and, if the field cannot be
// chosen, the source of its value.
func (s *Settings) owner(key string) (config any, from string) {
	if f, ok := field(s.Model, key); ok {
		return s.Model, source(f)
	}
	if s.Train != nil {
		if f, ok := field(s.Train, key); ok {
			return s.Train, source(f)
		}
	}
	return nil, ""
}

// Bounded reports whether a model with these settings is counted in bounded memory, so that an
// Order can have a Stream.
func (s *Species) Bounded(settings *Settings) bool {
	c := s.Counting
	return c != nil && c.Stream != nil && c.Bounded != nil && c.Bounded(settings.Model)
}

// Change sets the settings that are free to change. It accepts values for other settings only if
// they equal the current values.
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
			return fmt.Errorf("a resumed run keeps its %s: it was made with %s, not %s; only %s "+
				"may change", key, before[key], after[key], strings.Join(free, ", "))
		}
	}
	return nil
}

// flat returns every setting as JSON, by name.
func (s *Settings) flat() (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	// the model's fields take precedence, as in owner
	for _, part := range []any{s.Train, s.Model} {
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
