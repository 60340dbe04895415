package prompt

import "strings"

// Shot is an example of a task in a prompt (Brown et al. 2020, §2): an input and its output.
type Shot struct{ Input, Output string }

// FewShot is the format of a prompt with examples. The zero value writes one example per line, with
// one space between its input and output.
type FewShot struct {
	Instruction string // a text before the examples; "": none
	Input       string // text before an input, such as "review : "
	Output      string // text before an output, such as " label : "; "": a space
	End         string // text after an example; "": a new line
}

// Prompt returns a prompt with the examples and an input. The model writes the output.
func (f FewShot) Prompt(shots []Shot, input string) string {
	output, end := f.Output, f.End
	if output == "" {
		output = " "
	}
	if end == "" {
		end = "\n"
	}
	var b strings.Builder
	if f.Instruction != "" {
		b.WriteString(f.Instruction + end)
	}
	for _, s := range shots {
		b.WriteString(f.Input + s.Input + output + s.Output + end)
	}
	b.WriteString(f.Input + input + strings.TrimRight(output, " ")) // the model writes the space
	return b.String()
}

// Turns returns the examples and an input as a conversation, for a model that was fine-tuned on
// conversations.
func (f FewShot) Turns(shots []Shot, input string) []Message {
	var messages []Message
	if f.Instruction != "" {
		messages = append(messages, Message{Role: System, Content: f.Instruction})
	}
	for _, s := range shots {
		messages = append(messages, Message{Role: User, Content: f.Input + s.Input},
			Message{Role: Assistant, Content: s.Output})
	}
	return append(messages, Message{Role: User, Content: f.Input + input})
}
