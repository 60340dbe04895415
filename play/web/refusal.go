package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Refusal is an error with an HTTP status. As JSON it has the form that clients of OpenAI's API
// expect.
type Refusal struct {
	Status  int     `json:"-"`
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"` // the invalid field
	Code    *string `json:"code"`  // one of OpenAI's codes, in the field where clients expect it
}

func (r *Refusal) Error() string { return r.Message }

// Refuse returns a Refusal. param is the invalid field, or "" if the error does not concern a
// field.
func Refuse(status int, param, format string, args ...any) error {
	r := &Refusal{Status: status, Message: fmt.Sprintf(format, args...),
		Type: "invalid_request_error"}
	switch {
	case status == http.StatusTooManyRequests:
		r.Type = "rate_limit_error"
	case status >= http.StatusInternalServerError:
		r.Type = "server_error"
	}
	if param != "" {
		r.Param = &param
	}
	return r
}

// Invalid returns the Refusal for an invalid value of a field; the message begins with the field's
// name.
func Invalid(param, format string, args ...any) error {
	return Refuse(http.StatusBadRequest, param, param+" "+format, args...)
}

// WithCode adds one of OpenAI's error codes to a Refusal.
func WithCode(code string, err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		r.Code = &code
	}
	return err
}

// Cancelled returns the Refusal of a request that ended before its answer: the client left, the
// time was over, or the server is closing.
func Cancelled(ctx context.Context) error {
	return Refuse(http.StatusServiceUnavailable, "", "the request was cancelled: %v",
		context.Cause(ctx))
}

// refusalOf returns err as a Refusal; any other error becomes a server error.
func refusalOf(err error) *Refusal {
	var r *Refusal
	if !errors.As(err, &r) {
		errors.As(Refuse(http.StatusInternalServerError, "", "%v", err), &r)
	}
	return r
}
