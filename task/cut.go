package task

import "lmzoo/lm"

// Cut shortens the tokens of an example until at most room are left, which is how a text longer
// than a model's window is read: its beginning stays. Of a pair, the longer text loses its last
// token until both fit (Devlin et al. 2019, as in their code). It reports whether anything was cut.
func Cut(text, pair []lm.Token, room int) (shortText, shortPair []lm.Token, cut bool) {
	for len(text)+len(pair) > max(room, 0) {
		cut = true
		if len(pair) > len(text) {
			pair = pair[:len(pair)-1]
		} else {
			text = text[:len(text)-1]
		}
	}
	return text, pair, cut
}
