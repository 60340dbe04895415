package task

import "lmzoo/lm"

// Cut shortens an example that is longer than a model's context window to at most room tokens. It
// keeps the beginning of a text. Of a pair, it removes the last token of the longer text until both
// fit, as the code of Devlin et al. (2019) does. It reports whether it removed any token.
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
