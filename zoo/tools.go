package zoo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lmzoo/prompt"
)

// ToolInfo describes a tool, as recorded in config.json. Without Command and Table, it is the
// calculator or the look-up table of world-talk.
type ToolInfo struct {
	Name    string `json:"name"`
	Command string `json:"command,omitempty"` // a user's program with its arguments
	Table   string `json:"table,omitempty"`   // the file of a look-up table
	SHA256  string `json:"sha256,omitempty"`  // hash of the table's file
}

// lookupTool is the name of the tool that reads a table.
const lookupTool = "lookup"

// ParseTools parses descriptions of tools: calculator, lookup (the table of world-talk),
// lookup=FILE or NAME=COMMAND. One description may hold several tools, separated by commas.
// Everything after NAME= is the command, including commas.
func ParseTools(specs []string) ([]ToolInfo, error) {
	var all []ToolInfo
	for _, spec := range specs {
		for spec != "" {
			one, rest, _ := strings.Cut(spec, ",")
			name, value, given := strings.Cut(one, "=")
			if name = strings.TrimSpace(name); given && name != lookupTool {
				_, value, _ = strings.Cut(spec, "=")
				rest = ""
			}
			i, err := parseTool(name, value, given)
			if err != nil {
				return nil, Misuse{err}
			}
			all, spec = append(all, i), rest
		}
	}
	return all, nil
}

func parseTool(name, value string, given bool) (ToolInfo, error) {
	value = strings.TrimSpace(value)
	switch {
	case given && name == "":
		return ToolInfo{}, fmt.Errorf("the tool %q has no name; want NAME=COMMAND", "="+value)
	case given && value == "" && name == lookupTool:
		return ToolInfo{}, fmt.Errorf("the tool lookup has no file; want lookup=FILE")
	case given && value == "":
		return ToolInfo{}, fmt.Errorf("the tool %s has no program; want a command such as ./%s",
			name, name)
	case given && name == lookupTool:
		return ToolInfo{Name: name, Table: value}, nil
	case given:
		return ToolInfo{Name: name, Command: value}, nil
	case name == lookupTool || name == prompt.Calculator{}.Name():
		return ToolInfo{Name: name}, nil
	}
	return ToolInfo{}, unknownTool(name)
}

// Tools opens the tools that specs describe; see ParseTools.
func (d *Data) Tools(specs []string) (*prompt.Registry, error) {
	all, err := ParseTools(specs)
	if err != nil {
		return nil, err
	}
	return d.registry(all)
}

// registry opens the tools.
func (d *Data) registry(infos []ToolInfo) (*prompt.Registry, error) {
	var all []prompt.Runner
	for _, i := range infos {
		t, err := d.tool(i)
		if err != nil {
			return nil, Misuse{err}
		}
		all = append(all, t)
	}
	registry, err := prompt.NewRegistry(all...)
	if err != nil {
		return nil, Misuse{err}
	}
	return registry, nil
}

func (d *Data) tool(i ToolInfo) (prompt.Runner, error) {
	switch {
	case i.Table != "":
		return prompt.OpenTable(i.Name, i.Table)
	case i.Command != "":
		return prompt.NewProgram(i.Name, strings.Fields(i.Command)...)
	case i.Name == lookupTool:
		if t := d.Talk(); t != nil {
			return prompt.NewTable(i.Name, t.Lookup()), nil
		}
		return nil, fmt.Errorf("the tool lookup is the table of %s, and the run was trained on "+
			"%s; want lookup=FILE", TalkName, d.Corpus)
	case i.Name == prompt.Calculator{}.Name():
		return prompt.Calculator{}, nil
	}
	return nil, unknownTool(i.Name)
}

func unknownTool(name string) error {
	return fmt.Errorf("unknown tool %q; want calculator, lookup, lookup=FILE or NAME=COMMAND", name)
}

// reconcileTable sets the absolute path and the hash of a table. It returns an error if an
// interrupted run recorded another hash.
func (i *ToolInfo) reconcileTable() error {
	if i.Table == "" {
		return nil
	}
	path, err := filepath.Abs(i.Table)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Misuse{fmt.Errorf("reading the table: %w; want lookup=FILE", err)}
	}
	i.Table = path
	return reconcileHash(&i.SHA256, path, data)
}
