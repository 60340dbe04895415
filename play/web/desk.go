// Package web implements the HTTP plumbing of the playground: bodies, refusals, gates, streams, and
// answers that slow clients cannot block. It is independent of language models.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits bounds the resources that a client can occupy, and for how long.
type Limits struct {
	BodyTime  time.Duration // time to send a body
	WriteTime time.Duration // time to read an answer, or an event of a stream
	Unread    int           // bytes of answers that are being read, in total
	Uploads   int           // long bodies received at a time
	Patience  time.Duration // time to wait for a place among them
}

// Desk answers requests. It reads a body before the request takes its place at a Gate, and writes
// the answer after the request has left it, so that a request occupies a place only while it is
// computed.
type Desk struct {
	ctx     context.Context // ends when the server closes
	limits  Limits
	uploads Gate
	unread  outbox
	open    sync.WaitGroup // requests being answered
}

// NewDesk returns a Desk whose requests end with ctx.
func NewDesk(ctx context.Context, l Limits) *Desk {
	return &Desk{ctx: ctx, limits: l, uploads: NewGate(l.Uploads, l.Patience),
		unread: outbox{limit: l.Unread}}
}

// Wait waits until no request is being answered.
func (d *Desk) Wait() { d.open.Wait() }

// Page is an answer that is not JSON.
type Page struct {
	ContentType string
	Policy      string // Content-Security-Policy; "": that of Guard
	Data        []byte
}

// Status is an answer with a status other than 200.
type Status struct {
	Code  int
	Value any
}

// Answer computes an answer at a gate and writes it: a Page, or a value as JSON, possibly in a
// Status.
func (d *Desk) Answer(w http.ResponseWriter, r *http.Request, g *Gate,
	compute func(context.Context) (any, error)) {
	d.open.Add(1)
	defer d.open.Done()
	status, page, err := d.compute(r.Context(), g, compute)
	if err != nil {
		d.Fail(w, err)
		return
	}
	d.write(w, status, page)
}

// compute computes and encodes an answer; it holds a place at the gate meanwhile.
func (d *Desk) compute(parent context.Context, g *Gate,
	compute func(context.Context) (any, error)) (status int, p Page, err error) {
	ctx, cancel := d.until(parent)
	defer cancel()
	if err := g.enter(ctx); err != nil {
		return 0, Page{}, err
	}
	defer g.leave()
	v, err := compute(ctx)
	if err != nil {
		return 0, Page{}, err
	}
	status = http.StatusOK
	if s, ok := v.(Status); ok {
		status, v = s.Code, s.Value
	}
	if p, ok := v.(Page); ok {
		return status, p, nil
	}
	p, err = encode(v)
	return status, p, err
}

// until returns a context that ends with the request or with the server, whichever ends first.
func (d *Desk) until(request context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(request)
	stop := context.AfterFunc(d.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// Stream streams an answer and holds its place at the gate until the end. compute reports its
// errors in the stream.
func (d *Desk) Stream(w http.ResponseWriter, r *http.Request, g *Gate,
	compute func(context.Context, *Stream)) {
	d.open.Add(1)
	defer d.open.Done()
	ctx, cancel := d.until(r.Context())
	defer cancel()
	if err := g.enter(ctx); err != nil {
		d.Fail(w, err)
		return
	}
	defer g.leave()
	compute(ctx, newStream(w, d.limits.WriteTime))
}

// Fail answers with an error.
func (d *Desk) Fail(w http.ResponseWriter, err error) {
	r := refusalOf(err)
	if r.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	page, err := encode(map[string]any{"error": r})
	if err != nil {
		panic(err) // a Refusal consists of strings
	}
	d.write(w, r.Status, page)
}

// encode returns v as JSON. A value that JSON cannot express is an error, not an empty body.
func encode(v any) (Page, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return Page{}, fmt.Errorf("cannot encode the answer: %w", err)
	}
	return Page{ContentType: "application/json", Data: body.Bytes()}, nil
}

// write sends an answer within the time to read it. A client that reads too slowly is cut off.
func (d *Desk) write(w http.ResponseWriter, status int, p Page) {
	control := http.NewResponseController(w)
	// fails only for a test's recorder
	_ = control.SetWriteDeadline(time.Now().Add(d.limits.WriteTime))
	defer d.unread.add(len(p.Data), control)()
	h := w.Header()
	h.Set("Content-Type", p.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(p.Data)))
	if p.Policy != "" {
		h.Set("Content-Security-Policy", p.Policy)
	}
	w.WriteHeader(status)
	if _, err := w.Write(p.Data); err == nil { // otherwise the client has left
		_ = control.Flush()
	}
}
