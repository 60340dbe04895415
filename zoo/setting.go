package zoo

import (
	"reflect"
	"slices"
	"strings"

	"lmzoo/train"
)

// Setting is a setting that the user can choose for some species of a catalogue. A field of a
// configuration with the tag `help` is a setting under its JSON name; for any other field, the tag
// `from` names the source of its value.
type Setting struct {
	Name  string
	Type  reflect.Type
	Group string // CountSettings, ModelSettings or TrainSettings
	Help  string // with the species that it applies to, unless all of the group have it
}

// The groups of settings.
const (
	CountSettings = "count"
	ModelSettings = "model"
	TrainSettings = "train"
)

// meaning is one help text of a setting, and the species that it applies to.
type meaning struct {
	help    string
	species []string
}

// Settings lists the settings of all species, those of counted models first and the training
// settings last.
func (cat Catalogue) Settings() ([]Setting, error) {
	var l settingList
	for _, s := range cat {
		settings, err := s.Settings("")
		if err != nil {
			return nil, err
		}
		group := ModelSettings
		if !s.IsNeural() {
			group = CountSettings
		}
		l.add(group, s.Name, reflect.TypeOf(settings.Model))
	}
	l.add(TrainSettings, "", reflect.TypeFor[*train.Config]())
	for i := range l.all {
		l.all[i].Help = l.help(l.all[i].Name)
	}
	order := []string{CountSettings, ModelSettings, TrainSettings}
	slices.SortStableFunc(l.all, func(a, b Setting) int {
		return slices.Index(order, a.Group) - slices.Index(order, b.Group)
	})
	return l.all, nil
}

// Sizes lists the names of all sizes.
func (cat Catalogue) Sizes() (sizes []string) {
	for _, s := range cat {
		for _, size := range s.Sizes {
			if !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
		}
	}
	return sizes
}

// settingList collects settings by name.
type settingList struct {
	all      []Setting
	meanings map[string][]meaning
}

// add collects the settings of a configuration, a pointer to a struct.
func (l *settingList) add(group, species string, config reflect.Type) {
	if l.meanings == nil {
		l.meanings = map[string][]meaning{}
	}
	for _, f := range fieldsOf(config) {
		help := f.Tag.Get("help")
		if help == "" {
			continue
		}
		name := jsonName(f)
		i := slices.IndexFunc(l.all, func(s Setting) bool { return s.Name == name })
		if i < 0 {
			l.all = append(l.all, Setting{Name: name, Type: f.Type, Group: group})
		} else if group == TrainSettings {
			l.all[i].Group = group // such as context, which is also a setting of the NPLM
		}
		l.mean(name, help, species)
	}
}

// mean adds a species to a meaning of a setting.
func (l *settingList) mean(name, help, species string) {
	all := l.meanings[name]
	i := slices.IndexFunc(all, func(m meaning) bool { return m.help == help })
	if i < 0 {
		l.meanings[name] = append(all, meaning{help, []string{species}})
		return
	}
	all[i].species = append(all[i].species, species)
}

// help writes the meanings of a setting, such as "gpt, bert: layers". A meaning that applies to
// every species is written without names.
func (l *settingList) help(name string) string {
	var parts []string
	for _, m := range l.meanings[name] {
		if m.species[0] == "" {
			parts = append([]string{m.help}, parts...) // the meaning for the training
			continue
		}
		parts = append(parts, strings.Join(m.species, ", ")+": "+m.help)
	}
	return strings.Join(parts, "; ")
}
