package zoo

import (
	"reflect"
	"strings"
)

// reserved names the source of each setting that zoo fills in itself.
var reserved = map[string]string{
	"vocab_size": "the tokenizer; see --vocab",
	"unk":        "the tokenizer; see --tokenizer",
	"seed":       "--seed",
	"threads":    "--threads",
}

// fieldsOf returns the fields that have a JSON name in a struct, or in the struct that t points to,
// including the fields of embedded structs.
func fieldsOf(t reflect.Type) (fields []reflect.StructField) {
	if t == nil {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous && jsonName(f) != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// jsonName returns the JSON name of a field, or "" if JSON omits the field.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// source returns the origin of the value of a field, or "" if the user chooses the value.
func source(f reflect.StructField) string {
	if from := f.Tag.Get("from"); from != "" {
		return from
	}
	return reserved[jsonName(f)]
}

// field returns the field with a JSON name in config, a pointer to a struct.
func field(config any, name string) (reflect.StructField, bool) {
	for _, f := range fieldsOf(reflect.TypeOf(config)) {
		if jsonName(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// intField returns a pointer to the int field of config with a JSON name, or nil if there is none.
func intField(config any, name string) *int {
	f, ok := field(config, name)
	v := reflect.ValueOf(config)
	if !ok || v.Kind() != reflect.Pointer || v.IsNil() {
		return nil
	}
	p, _ := v.Elem().FieldByIndex(f.Index).Addr().Interface().(*int)
	return p
}

// chosen returns the JSON names of the fields of config that the user chooses.
func chosen(config any) (names []string) {
	for _, f := range fieldsOf(reflect.TypeOf(config)) {
		if source(f) == "" {
			names = append(names, jsonName(f))
		}
	}
	return names
}

// withVocab returns a copy of config, a pointer to a struct, with its setting vocab_size set.
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
