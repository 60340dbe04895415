package refine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lmzoo/corpus/refine"
)

// Three documents: the second repeats the first with markup, the third with one word changed.
func Example() {
	dir, err := os.MkdirTemp("", "refine")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	text := "The old mill by the river has been closed for years , and the people of the town " +
		"have come to think of it as a place that nobody needs . Write to mill@example.org ."
	in := text + "\n\n<p>" + text + "</p>\n\n" + strings.Replace(text, "The", "An", 1)
	account, err := refine.Run(context.Background(), refine.Options{
		Input: refine.Input{Sources: []string{"-"}, Stdin: strings.NewReader(in),
			Documents: "paragraphs"},
		Steps: []string{refine.Unicode, refine.HTML, refine.Personal, refine.Exact, refine.Near},
		Out:   filepath.Join(dir, "out"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range account.Steps {
		for _, r := range s.Rules {
			fmt.Printf("%s, %s: changed %d, removed %d\n", s.Name, r.Name, r.Changed, r.Removed)
		}
	}
	out, err := os.ReadFile(filepath.Join(dir, "out", "part-00000.txt"))
	fmt.Printf("… %s%v\n", out[len(out)-20:], err)
	// Output:
	// unicode, white space: changed 1, removed 0
	// html, tags: changed 1, removed 0
	// personal, EMAIL: changed 3, removed 0
	// exact, same text: changed 0, removed 1
	// near, near duplicate: changed 0, removed 1
	// …  Write to [EMAIL] .
	// <nil>
}
