package play

import (
	"strings"
)

// holder holds text back that may be the beginning of a stop string, and cuts at the first that is whole.
type holder struct {
	stops   []string
	held    []utterance
	stopped bool
}

// add takes what was said and returns what is sure to stay.
func (h *holder) add(u utterance) []utterance {
	if len(h.stops) == 0 {
		return []utterance{u}
	}
	h.held = append(h.held, u)
	text := h.text()
	cut := -1
	for _, s := range h.stops {
		if i := strings.Index(text, s); i >= 0 && (cut < 0 || i < cut) {
			cut = i
		}
	}
	if cut >= 0 {
		h.stopped = true
		return h.release(cut, true)
	}
	return h.release(len(text)-h.pending(text), false)
}

// text is what is held.
func (h *holder) text() string {
	var b strings.Builder
	for _, u := range h.held {
		b.WriteString(u.Text)
	}
	return b.String()
}

// pending is how long the end of a text is that may begin a stop string.
func (h *holder) pending(text string) int {
	longest := 0
	for _, s := range h.stops {
		for n := min(len(s)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// release returns the utterances that lie within the first n bytes; if cut, the one across the border too, shortened.
func (h *holder) release(n int, cut bool) []utterance {
	var out []utterance
	for len(h.held) > 0 && len(h.held[0].Text) <= n {
		n -= len(h.held[0].Text)
		out = append(out, h.held[0])
		h.held = h.held[1:]
	}
	if cut && n > 0 {
		u := h.held[0]
		u.Text = u.Text[:n]
		out = append(out, u)
	}
	return out
}

// rest is what was held back and is no stop string after all.
func (h *holder) rest() []utterance { return h.held }
