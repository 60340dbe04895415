package zoo

import (
	"fmt"
	"strings"

	"lmzoo/prompt"
)

// Tools returns the tools that specs describe: calculator, lookup (the table of world-talk),
// lookup=FILE or NAME=COMMAND. One spec may hold several, with commas between them; what follows
// NAME= is the command, commas included.
func (d *Data) Tools(specs []string) (*prompt.Registry, error) {
	var all []prompt.Runner
	for _, spec := range specs {
		for spec != "" {
			one, rest, _ := strings.Cut(spec, ",")
			name, value, given := strings.Cut(strings.TrimSpace(one), "=")
			if given && name != lookupTool {
				_, value, _ = strings.Cut(spec, "=")
				rest = ""
			}
			t, err := d.tool(name, value, given)
			if err != nil {
				return nil, Misuse{err}
			}
			all, spec = append(all, t), rest
		}
	}
	registry, err := prompt.NewRegistry(all...)
	if err != nil {
		return nil, Misuse{err}
	}
	return registry, nil
}

const lookupTool = "lookup"

func (d *Data) tool(name, value string, given bool) (prompt.Runner, error) {
	switch {
	case given && name == lookupTool:
		return prompt.OpenTable(name, value)
	case given:
		return prompt.NewProgram(name, strings.Fields(value)...)
	case name == prompt.Calculator{}.Name():
		return prompt.Calculator{}, nil
	case name == lookupTool:
		if t := d.Talk(); t != nil {
			return prompt.NewTable(name, t.Lookup()), nil
		}
		return nil, fmt.Errorf("the tool lookup is the table of %s, and the run was trained on "+
			"%s; want lookup=FILE", TalkName, d.Corpus)
	}
	return nil, fmt.Errorf("unknown tool %q; want calculator, lookup, lookup=FILE or NAME=COMMAND",
		name)
}
