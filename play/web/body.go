package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// Body bounds the JSON object in the body of a request.
type Body struct {
	Limit int  // bytes
	Loose bool // ignore unknown fields
}

// BodyOf returns the limit for a body that contains a text of the given number of bytes, each of
// which JSON may escape.
func BodyOf(text int) Body { return Body{Limit: 6*text + 16<<10} }

// smallBody is the length up to which bodies are received without a limit on their number.
const smallBody = 128 << 10

// Read decodes the JSON object in the body of a request into v. It runs before the request takes a
// place at a Gate, so that a slow sender does not delay other requests; only long bodies wait for
// each other.
func (d *Desk) Read(w http.ResponseWriter, r *http.Request, v any, b Body) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return Refuse(http.StatusUnsupportedMediaType, "",
			"the body is not declared as JSON; want Content-Type: application/json")
	}
	if b.Limit > smallBody && (r.ContentLength < 0 || r.ContentLength > smallBody) {
		if err := d.uploads.enter(r.Context()); err != nil {
			return err
		}
		defer d.uploads.leave()
	}
	control := http.NewResponseController(w)
	// fails only for a test's recorder
	_ = control.SetReadDeadline(time.Now().Add(d.limits.BodyTime))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, int64(b.Limit)))
	if !b.Loose {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		return unreadable(err, b.Limit)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Refuse(http.StatusBadRequest, "", "trailing data after the JSON object")
	}
	return nil
}

// unreadable returns a Refusal that explains why a body could not be decoded.
func unreadable(err error, limit int) error {
	var long *http.MaxBytesError
	var kind *json.UnmarshalTypeError
	var own *Refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &long):
		return Refuse(http.StatusRequestEntityTooLarge, "", "the body is longer than %d bytes",
			limit)
	case errors.As(err, &kind) && kind.Field != "":
		return Invalid(kind.Field, "is a JSON %s; want %s", kind.Value, describe(kind.Type))
	case errors.As(err, &kind):
		return Refuse(http.StatusBadRequest, "", "the body is a JSON %s; want an object",
			kind.Value)
	case errors.Is(err, io.EOF):
		return Refuse(http.StatusBadRequest, "", "the body is empty; want a JSON object")
	}
	return Refuse(http.StatusBadRequest, "", "the body is not a valid JSON object: %s",
		strings.TrimPrefix(err.Error(), "json: "))
}

// describe returns the JSON name for the values of a Go type.
func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "an integer"
}

// CheckText refuses a text of more than limit bytes, or of invalid UTF-8.
func CheckText(param, text string, limit int) error {
	if len(text) > limit {
		return Invalid(param, "has %d bytes; want at most %d", len(text), limit)
	}
	if !utf8.ValidString(text) {
		return Invalid(param, "is not valid UTF-8")
	}
	return nil
}
