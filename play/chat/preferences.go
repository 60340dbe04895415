package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"lmzoo/play/web"
	"lmzoo/prompt"
)

// preference is a pair of answers in the form that lmzoo reward and dpo read.
type preference struct {
	Prompt   []prompt.Message `json:"prompt"`
	Chosen   []prompt.Message `json:"chosen"`
	Rejected []prompt.Message `json:"rejected"`
	Kind     string           `json:"kind,omitempty"`
}

// Bounds of the file of preferences.
const (
	maxPairs = 256      // pairs in one request
	maxFile  = 16 << 20 // bytes
)

// prefer appends pairs to the file of preferences.
func (a *API) prefer(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Pairs []preference `json:"pairs"`
	}
	if err := a.Desk.Read(w, r, &q, web.BodyOf(a.Limits.PromptBytes)); err != nil {
		a.Desk.Fail(w, err)
		return
	}
	a.Desk.Answer(w, r, a.Requests, func(context.Context) (any, error) {
		if a.Preferences == "" {
			return nil, web.Refuse(http.StatusForbidden, "", "this playground keeps no "+
				"preferences; start it with lmzoo play --preferences FILE, or download them")
		}
		if len(q.Pairs) < 1 || len(q.Pairs) > maxPairs {
			return nil, web.Invalid("pairs", "has %d pairs; want 1 to %d", len(q.Pairs), maxPairs)
		}
		lines, err := encode(q.Pairs)
		if err != nil {
			return nil, err
		}
		total, err := a.append(lines)
		return map[string]any{"appended": len(q.Pairs), "bytes": total}, err
	})
}

// encode returns pairs as lines that prompt.ReadPreferences accepts.
func encode(pairs []preference) ([]byte, error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, p := range pairs {
		if err := enc.Encode(p); err != nil {
			return nil, err
		}
	}
	if _, err := prompt.ReadPreferences(bytes.NewReader(lines.Bytes()), "pairs"); err != nil {
		return nil, web.Refuse(http.StatusBadRequest, "pairs", "%v", err)
	}
	return lines.Bytes(), nil
}

// append appends lines to the file and returns its size. It first ends a last line without a line
// break, which another program may have left.
func (a *API) append(lines []byte) (size int64, err error) {
	a.file.Lock()
	defer a.file.Unlock()
	f, err := os.OpenFile(a.Preferences, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return 0, fmt.Errorf("cannot open the file of preferences: %w", err)
	}
	defer func() {
		if failed := f.Close(); err == nil {
			err = failed
		}
	}()
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, err
	}
	if last := make([]byte, 1); size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return 0, err
		}
		if last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	if size+int64(len(lines)) > maxFile {
		return 0, web.Refuse(http.StatusInsufficientStorage, "", "the file of preferences has %d "+
			"bytes and is full at %d; move it away", size, maxFile)
	}
	if _, err = f.Write(lines); err != nil {
		return 0, fmt.Errorf("cannot write the preferences: %w", err)
	}
	return size + int64(len(lines)), nil
}
