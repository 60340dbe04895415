package chat

import (
	"slices"

	"lmzoo/corpus/world"
	"lmzoo/play/models"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// tools lists the tools that the playground runs. None of them reads a file or starts a program.
var tools = []string{world.Calculator, world.LookupTable}

// toolsOf returns the tools that a model can be offered: only a model of world-talk has a table.
func toolsOf(m *models.Model) []string {
	if m.Run.Config.Data.Corpus == zoo.TalkName {
		return tools
	}
	return tools[:1]
}

// tools returns the named tools of a model. For a model without a table, it leaves out the table,
// so that a call of it returns an error.
func (a *API) tools(m *models.Model, names []string) (*prompt.Registry, error) {
	var own []prompt.Runner
	if slices.Contains(names, world.Calculator) {
		own = append(own, prompt.Calculator{})
	}
	if t := a.worlds.of(m); t != nil && slices.Contains(names, world.LookupTable) {
		own = append(own, t.table)
	}
	return prompt.NewRegistry(own...)
}
