package prompt_test

import (
	"fmt"

	"lmzoo/corpus"
	"lmzoo/prompt"
)

// The user's text spells a special token and stays text. Only tokens that the assistant writes are
// targets.
func Example() {
	tok, _ := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	layout, _ := prompt.Default.Layout(tok)
	e := layout.Encode([]prompt.Message{
		{Role: prompt.User, Content: "[END]"},
		{Role: prompt.Assistant, Content: "ok"},
	})
	for i, t := range e.Tokens {
		fmt.Printf("%q %v\n", tok.Text(t), e.Loss[i])
	}
	// Output:
	// "[USER]" false
	// " " false
	// "[" false
	// "E" false
	// "N" false
	// "D" false
	// "]" false
	// "[ASSISTANT]" false
	// " " true
	// "o" true
	// "k" true
	// "[END]" true
}

// The examples show the task; the model continues after the last line.
func ExampleFewShot() {
	shots := []prompt.Shot{{"cat", "animal"}, {"rose", "plant"}}
	fmt.Printf("%q\n", prompt.FewShot{Output: " : "}.Prompt(shots, "oak"))
	// Output:
	// "cat : animal\nrose : plant\noak :"
}
