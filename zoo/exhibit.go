package zoo

import "time"

// Exhibit returns the settings of a model for visitors: a neural one trains for a time and is
// validated four times. Without a size, it uses a configuration that learns quickly; otherwise the
// standard preset.
func (s *Species) Exhibit(size, corpusName string, budget time.Duration) (*Settings, error) {
	values := map[string]any{}
	if size == "" && s.Quick != nil {
		values = s.Quick(corpusName)
	}
	values["budget"], values["eval_every"] = budget.String(), (budget / 4).String()
	return s.SettingsWith(size, values)
}

// SettingsWith returns the settings of a size changed by values. A species that is counted takes
// none of them.
func (s *Species) SettingsWith(size string, values map[string]any) (*Settings, error) {
	settings, err := s.Settings(size)
	if err == nil && s.IsNeural() {
		err = settings.Set(values)
	}
	return settings, err
}
