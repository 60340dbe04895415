// Package suggest finds the name that a misspelt one was probably meant to be.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// leastSimilar is the similarity below which two names have nothing to do with each other.
const leastSimilar = 0.55

// Nearest returns the one of names that is most similar to name, or "" if none is similar. The case
// of letters does not matter, and a name of the same letters in another order is similar.
func Nearest(name string, names []string) string {
	nearest, most := "", leastSimilar
	for _, n := range names {
		s := levenshtein.Match(strings.ToLower(name), strings.ToLower(n), nil)
		if sameLetters(name, n) {
			s = max(s, 0.9)
		}
		if s > most {
			nearest, most = n, s
		}
	}
	return nearest
}

// sameLetters reports whether a is b with two neighbours swapped, the commonest slip of all.
func sameLetters(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// Unknown is the error for a name that is not among names: `unknown species "gtp"; did you mean
// "gpt"?` if one is similar, otherwise with all of them.
func Unknown(kind, name string, names []string) error {
	if n := Nearest(name, names); n != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q?", kind, name, n)
	}
	return fmt.Errorf("unknown %s %q; want one of: %s", kind, name, strings.Join(names, " "))
}
