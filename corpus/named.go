package corpus

import (
	"fmt"
	"strings"

	"lmzoo/suggest"
)

// Named is a corpus of the catalogue: its origin, its size and hash, and how it is cut and split by
// default.
type Named struct {
	Name, Title string
	URL         string // fetched once; "" for a file of the Go distribution
	GoFile      string // its path below GOROOT
	Bytes       int64
	SHA256      string
	Licence     string
	Documents   Boundaries
	Ratio       Ratio
	Shuffle     bool // the file is sorted, so its parts would differ
}

// named is the catalogue of real texts. To add a corpus, add a row.
var named = []Named{
	{
		Name:  "tinyshakespeare",
		Title: "40,000 lines from the plays of Shakespeare (Karpathy 2015)",
		URL: "https://raw.githubusercontent.com/karpathy/char-rnn/" +
			"6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
		Bytes:     1_115_394,
		SHA256:    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
		Licence:   "public domain",
		Documents: Files,
		Ratio:     Ratio{90, 5, 5},
	},
	{
		Name: "names",
		Title: "32,033 first names from the statistics of US Social Security (makemore, " +
			"Karpathy 2022)",
		URL: "https://raw.githubusercontent.com/karpathy/makemore/" +
			"988aa59e4d8fefa526d06f3b453ad116258398d4/names.txt",
		Bytes:     228_145,
		SHA256:    "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
		Licence:   "MIT, from public records",
		Documents: Lines,
		Ratio:     Ratio{90, 5, 5},
		Shuffle:   true, // sorted by sex and frequency
	},
	{
		Name:      "opticks",
		Title:     "Opticks, by Isaac Newton (1704), as it comes with Go",
		GoFile:    "src/testdata/Isaac.Newton-Opticks.txt",
		Bytes:     567_198,
		SHA256:    "d4a9ac22462b35e7821a4f2706c211093da678620a8f9997989ee7cf8d507bbd",
		Licence:   "public domain",
		Documents: Files,
		Ratio:     Ratio{90, 5, 5},
	},
}

// AllNamed returns the catalogue.
func AllNamed() []Named { return append([]Named(nil), named...) }

// generated lists the corpora that package world generates. They are not in the catalogue, but an
// error suggests them, too.
var generated = []string{"world", "world-reviews", "world-talk"}

// FindNamed finds a corpus in the catalogue.
func FindNamed(name string) (Named, error) {
	var names []string
	for _, n := range named {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	names = append(names, generated...)
	if near := suggest.Nearest(name, names); near != "" {
		return Named{}, fmt.Errorf("no corpus is named %q; did you mean %q?", name, near)
	}
	return Named{}, fmt.Errorf("no corpus is named %q; want one of %s, or a file", name,
		strings.Join(names, ", "))
}
