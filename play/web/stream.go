package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// Stream is an answer that is sent event by event (server-sent events). A client that takes too
// long to read an event is cut off.
type Stream struct {
	w         http.ResponseWriter
	control   *http.ResponseController
	writeTime time.Duration
	buffer    bytes.Buffer
}

// newStream begins an answer.
func newStream(w http.ResponseWriter, writeTime time.Duration) *Stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for a proxy such as nginx
	w.WriteHeader(http.StatusOK)
	return &Stream{w: w, control: http.NewResponseController(w), writeTime: writeTime}
}

// Send writes one event; without a name it has only data, as OpenAI's streams.
func (s *Stream) Send(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Raw(name, data)
}

// Raw writes one event whose data is one line already.
func (s *Stream) Raw(name string, data []byte) error {
	s.buffer.Reset()
	if name != "" {
		s.buffer.WriteString("event: " + name + "\n")
	}
	s.buffer.WriteString("data: ")
	s.buffer.Write(data)
	s.buffer.WriteString("\n\n")
	return s.Write(s.buffer.Bytes())
}

// Error writes err as an event without a name.
func (s *Stream) Error(err error) error {
	return s.Send("",
		map[string]any{"error": refusalOf(err)})
}

// Ping writes a comment, so that each side learns whether the other is still there.
func (s *Stream) Ping() error { return s.Write([]byte(": still here\n\n")) }

// Write writes and flushes lines of the stream.
func (s *Stream) Write(data []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.writeTime)) // a test's recorder has none
	if _, err := s.w.Write(data); err != nil {
		return err
	}
	return s.control.Flush()
}
