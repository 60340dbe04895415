package web

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// outbox bounds the memory of answers that clients have not read yet. When a new answer exceeds the
// limit, the oldest answers are cut off.
type outbox struct {
	limit int // bytes

	mu     sync.Mutex
	unread []*letter // the oldest first
	bytes  int
}

// letter is an answer being written.
type letter struct {
	bytes   int
	control *http.ResponseController
}

// add registers an answer. The caller must call remove when the answer has been written.
func (o *outbox) add(bytes int, c *http.ResponseController) (remove func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &letter{bytes, c}
	o.unread = append(o.unread, l)
	o.bytes += bytes
	for o.bytes > o.limit && o.unread[0] != l {
		_ = o.unread[0].control.SetWriteDeadline(time.Now()) // ends the Write of its handler
		o.drop(o.unread[0])
	}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.drop(l)
	}
}

// drop forgets an answer, unless it has already been forgotten. The caller must hold mu.
func (o *outbox) drop(l *letter) {
	if i := slices.Index(o.unread, l); i >= 0 {
		o.unread = slices.Delete(o.unread, i, i+1)
		o.bytes -= l.bytes
	}
}
