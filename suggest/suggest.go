// Package suggest finds the name that a user probably meant by a misspelt one.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// leastSimilar is the similarity below which two names count as unrelated.
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

// sameLetters reports whether a is b with two neighbours swapped, the most common typing error.
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

// Unknown returns the error for a name that is not in names: `unknown species "gtp"; did you mean
// "gpt"?` if one of names is similar, otherwise a list of all of them.
func Unknown(kind, name string, names []string) error {
	if n := Nearest(name, names); n != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q?", kind, name, n)
	}
	return fmt.Errorf("unknown %s %q; want one of: %s", kind, name, strings.Join(names, " "))
}
