package zoo

import "strings"

// Era is a period in the history of language models.
type Era struct{ Name, Title string }

// Eras returns the eras in order.
func Eras() []Era {
	return []Era{
		{"SLM", "statistical language models"}, {"NLM", "neural language models"},
		{"PLM", "pre-trained language models"}, {"LLM", "large language models"},
	}
}

// DescribeEras spells out the eras among names, in order: "SLM: statistical language models, NLM:
// neural language models".
func DescribeEras(names ...string) string {
	var parts []string
	for _, e := range Eras() {
		for _, n := range names {
			if n == e.Name {
				parts = append(parts, e.Name+": "+e.Title)
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}
