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

// newStream starts a streamed answer.
func newStream(w http.ResponseWriter, writeTime time.Duration) *Stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for a proxy such as nginx
	w.WriteHeader(http.StatusOK)
	return &Stream{w: w, control: http.NewResponseController(w), writeTime: writeTime}
}

// Send writes one event; without a name it has only data, as in OpenAI's streams.
func (s *Stream) Send(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Raw(name, data)
}

// Raw writes one event whose data is already a single line.
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

// Ping writes a comment, so that each side notices whether the other is still connected.
func (s *Stream) Ping() error { return s.Write([]byte(": still here\n\n")) }

// Write writes and flushes lines of the stream.
func (s *Stream) Write(data []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.writeTime)) // fails only for a test's recorder
	if _, err := s.w.Write(data); err != nil {
		return err
	}
	return s.control.Flush()
}
