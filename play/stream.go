package play

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// stream is an answer that is sent event by event (server-sent events). A client that reads too slowly is let go.
type stream struct {
	w         http.ResponseWriter
	control   *http.ResponseController
	writeTime time.Duration
	buffer    bytes.Buffer
}

// newStream begins an answer.
func newStream(w http.ResponseWriter, writeTime time.Duration) *stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // to a proxy in between
	w.WriteHeader(http.StatusOK)
	return &stream{w: w, control: http.NewResponseController(w), writeTime: writeTime}
}

// send writes one event; without a name it has data only, as OpenAI's streams.
func (s *stream) send(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.raw(name, data)
}

// raw writes one event whose data is one line already.
func (s *stream) raw(name string, data []byte) error {
	s.buffer.Reset()
	if name != "" {
		s.buffer.WriteString("event: " + name + "\n")
	}
	s.buffer.WriteString("data: ")
	s.buffer.Write(data)
	s.buffer.WriteString("\n\n")
	return s.write(s.buffer.Bytes())
}

// alive writes a comment, so that both sides learn whether the other is there.
func (s *stream) alive() error { return s.write([]byte(": still here\n\n")) }

func (s *stream) write(data []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.writeTime)) // a recorder in a test has none
	if _, err := s.w.Write(data); err != nil {
		return err
	}
	return s.control.Flush()
}

// gone says that a request ended before its answer, because the client left, its time was over, or the server closes.
func gone(ctx context.Context) error {
	return refuse(http.StatusServiceUnavailable, "", "the request was cancelled: %v", context.Cause(ctx))
}
