package play

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// refusal is a request that cannot be answered, and why. As JSON it has the form that clients of OpenAI's interface expect.
type refusal struct {
	status  int
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"` // the field that is wrong
	Code    *string `json:"code"`  // one of OpenAI's, where clients look for it
}

func (r *refusal) Error() string { return r.Message }

// refuse makes a refusal; param is the field that is wrong, if it is one.
func refuse(status int, param, format string, args ...any) error {
	r := &refusal{status: status, Message: fmt.Sprintf(format, args...), Type: "invalid_request_error"}
	switch {
	case status == http.StatusTooManyRequests:
		r.Type = "rate_limit_error"
	case status >= 500:
		r.Type = "server_error"
	}
	if param != "" {
		r.Param = &param
	}
	return r
}

// wrong is a refusal of a field's value.
func wrong(param, format string, args ...any) error {
	return refuse(http.StatusBadRequest, param, param+" "+format, args...)
}

// coded gives a refusal the code that clients of OpenAI's interface know it by.
func coded(code string, err error) error {
	var r *refusal
	if errors.As(err, &r) {
		r.Code = &code
	}
	return err
}

// fail answers with an error. After the beginning of a stream it is too late for that: the stream has told it itself.
func fail(w http.ResponseWriter, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		r = refuse(http.StatusInternalServerError, "", "%v", err).(*refusal)
	}
	if r.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	reply(w, r.status, map[string]any{"error": r})
}

// reply writes v as JSON. It encodes before it writes, so that a value that JSON cannot express
// becomes an error rather than an empty body.
func reply(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fail(w, fmt.Errorf("encode the answer: %w", err)) // which is made of strings
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // fails only if the client has left
}

// read reads the JSON object in the body of a request into v, at most limit bytes of it. Unknown fields are errors unless loose.
func read(w http.ResponseWriter, r *http.Request, v any, limit int, loose bool) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "", "the body must be JSON, and Content-Type: application/json must say so")
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // a recorder in a test has none
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, int64(limit)))
	if !loose {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		return unreadable(err, limit)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "", "the body goes on after its JSON object")
	}
	return nil
}

// unreadable explains what is wrong with a body.
func unreadable(err error, limit int) error {
	var long *http.MaxBytesError
	var kind *json.UnmarshalTypeError
	var own *refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &long):
		return refuse(http.StatusRequestEntityTooLarge, "", "the body is longer than %d bytes", limit)
	case errors.As(err, &kind) && kind.Field != "":
		return wrong(kind.Field, "is a JSON %s; expected %s", kind.Value, inWords(kind.Type))
	case errors.As(err, &kind):
		return refuse(http.StatusBadRequest, "", "the body is a JSON %s; expected an object", kind.Value)
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, "", "the body is empty; expected a JSON object")
	}
	return refuse(http.StatusBadRequest, "", "the body is no JSON object that is expected here: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// inWords is what JSON calls the values of a Go type.
func inWords(t reflect.Type) string {
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

// bodyOf is how long the JSON of a text may be: every byte may be escaped.
func bodyOf(text int) int { return 6*text + 16<<10 }

// checkText refuses a text that is too long or, what JSON does not allow, no UTF-8.
func checkText(param, text string, limit int) error {
	if len(text) > limit {
		return wrong(param, "has %d bytes; at most %d are allowed", len(text), limit)
	}
	if !utf8.ValidString(text) {
		return wrong(param, "is no UTF-8")
	}
	return nil
}

func unknownPath(_ http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/v1/chat/completions" || r.URL.Path == "/v1/responses" {
		return refuse(http.StatusNotFound, "", "these models go on with a text and know no conversation: use /v1/completions")
	}
	return refuse(http.StatusNotFound, "", "there is nothing at %s %.80q; docs/api.md lists what there is", r.Method, r.URL.Path)
}
