package refine

import "fmt"

// rule judges a document by one number. The name of a rule is its key in a rules file.
type rule struct {
	name   string
	source string // the paper that the rule comes from
	what   string // the measured quantity
	least  bool   // true: the number must be at least the threshold; false: at most
	value  func(m *measures) float64
	usual  limits // the thresholds of the paper, or of this package if the paper has none
}

// limits holds a threshold for every group of languages that a rule applies to.
type limits map[Group]float64

// all returns the same threshold for all languages, spaces for languages with spaces between words.
func all(x float64) limits    { return limits{English: x, Spaced: x, Unspaced: x} }
func spaces(x float64) limits { return limits{English: x, Spaced: x} }

// rules lists all rules, one per row: those of Gopher (Rae et al. 2021, appendix A1.1) and of C4
// (Raffel et al. 2020, §2.2). Gopher counts English words. If every character is a word, n-grams
// are twice as long, and rules about the characters of a word do not apply. A rule without
// thresholds is off unless a rules file sets some.
var rules = []rule{
	{"words", gopher, "words", true, (*measures).wordCount, all(50)},
	{"words at most", gopher, "words", false, (*measures).wordCount, all(100_000)},
	{"word length", gopher, "mean characters per word", true, (*measures).wordLength, spaces(3)},
	{"word length at most", gopher, "mean characters per word", false, (*measures).wordLength,
		spaces(10)},
	{"symbols", gopher, "# and … per word", false, (*measures).symbols, all(0.1)},
	{"bullets", gopher, "lines that begin with a bullet", false, (*measures).bullets, all(0.9)},
	{"ellipses", gopher, "lines that end with an ellipsis", false, (*measures).ellipses, all(0.3)},
	{"letters", gopher, "words with a letter", true, (*measures).letters,
		limits{English: 0.8, Spaced: 0.8, Unspaced: 0.6}},
	{"stop words", gopher, "different words of a list", true, (*measures).stopWords,
		limits{English: 2, Unspaced: 2}},

	{"duplicate lines", gopher, "repeated lines", false, duplicates("\n", false), all(0.3)},
	{"duplicate line characters", gopher, "characters in repeated lines", false,
		duplicates("\n", true), all(0.2)},
	{"duplicate paragraphs", gopher, "repeated paragraphs", false, duplicates("\n\n", false),
		all(0.3)},
	{"duplicate paragraph characters", gopher, "characters in repeated paragraphs", false,
		duplicates("\n\n", true), all(0.2)},
	{"top 2-gram", gopher, "characters in the most frequent 2-gram", false, top(2), all(0.20)},
	{"top 3-gram", gopher, "characters in the most frequent 3-gram", false, top(3), all(0.18)},
	{"top 4-gram", gopher, "characters in the most frequent 4-gram", false, top(4), all(0.16)},
	{"duplicate 5-grams", gopher, "characters in repeated 5-grams", false, repeated(5), all(0.15)},
	{"duplicate 6-grams", gopher, "characters in repeated 6-grams", false, repeated(6), all(0.14)},
	{"duplicate 7-grams", gopher, "characters in repeated 7-grams", false, repeated(7), all(0.13)},
	{"duplicate 8-grams", gopher, "characters in repeated 8-grams", false, repeated(8), all(0.12)},
	{"duplicate 9-grams", gopher, "characters in repeated 9-grams", false, repeated(9), all(0.11)},
	{"duplicate 10-grams", gopher, "characters in repeated 10-grams", false, repeated(10),
		all(0.10)},

	{"sentences", c4, "sentences", true, (*measures).sentences, all(3)},
	{"lorem ipsum", c4, "occurrences of \"lorem ipsum\"", false, occurrences("lorem ipsum"),
		all(0)},
	{"curly brackets", c4, "occurrences of {", false, occurrences("{"), nil}, // removes programs
}

const (
	gopher = "Gopher"
	c4     = "C4"
)

// fails reports whether a value violates a rule with a threshold, and why.
func (r *rule) fails(value, threshold float64) (why string, fails bool) {
	switch {
	case r.least && value < threshold:
		return fmt.Sprintf("%s: %.4g; want at least %.4g", r.what, value, threshold), true
	case !r.least && value > threshold:
		return fmt.Sprintf("%s: %.4g; want at most %.4g", r.what, value, threshold), true
	}
	return "", false
}

// filter is the step rules. The first rule that a document violates removes it.
type filter struct{ rules *Rules }

func (filter) Name() string { return Filters }

func (f filter) Apply(d *Document) {
	m, group := newMeasures(d), d.Group()
	for i := range rules {
		r := &rules[i]
		threshold, ok := f.rules.Documents[r.name][group]
		if !ok {
			continue
		}
		if why, fails := r.fails(r.value(m), threshold); fails {
			d.Remove(r.name, why)
			return
		}
	}
}
