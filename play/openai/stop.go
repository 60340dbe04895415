package openai

import (
	"strings"

	"lmzoo/play/models"
)

// holder holds back text that may be the beginning of a stop string, and cuts the text at the first
// complete stop string.
type holder struct {
	stops   []string
	held    []models.Utterance
	stopped bool
}

// add takes an utterance and returns the utterances that cannot be part of a stop string any more.
func (h *holder) add(u models.Utterance) []models.Utterance {
	if len(h.stops) == 0 {
		return []models.Utterance{u}
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

// text returns the text that is held back.
func (h *holder) text() string {
	var b strings.Builder
	for _, u := range h.held {
		b.WriteString(u.Text)
	}
	return b.String()
}

// pending returns the length of the longest suffix of a text that may be the beginning of a stop
// string.
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

// release returns the utterances within the first n bytes; if cut is true, it also returns the
// utterance across the border, shortened.
func (h *holder) release(n int, cut bool) []models.Utterance {
	var out []models.Utterance
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

// rest returns the utterances that are still held back and turned out not to be part of a stop
// string.
func (h *holder) rest() []models.Utterance { return h.held }
