package world

import "strings"

// Stated returns the value that the documents state for a key "NAME NOUN", such as "balora town",
// or false if they state none.
func (t *Talk) Stated(key string) (value string, ok bool) {
	name, noun, _ := strings.Cut(key, " ")
	for i, trait := range traits {
		if noun == trait.nouns[0] || noun == trait.nouns[1] {
			return t.value(name, i)
		}
	}
	return "", false
}
