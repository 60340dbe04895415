package world

import "strings"

// Stated returns what the documents state: "NAME NOUN" → value, such as "balora town". It returns
// false for what they do not state.
func (t *Talk) Stated(key string) (value string, ok bool) {
	name, noun, _ := strings.Cut(key, " ")
	for i, trait := range traits {
		if noun == trait.nouns[0] || noun == trait.nouns[1] {
			return t.value(name, i)
		}
	}
	return "", false
}
