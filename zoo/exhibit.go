package zoo

import (
	"fmt"
	"time"

	"lmzoo/train"
)

// Budget is the limit on the training of a neural model: a time or, if it is not 0, a number of
// operations.
type Budget struct {
	Time  time.Duration
	FLOPs float64
}

// String returns "16s" or "2e+12 operations".
func (b Budget) String() string {
	if b.FLOPs > 0 {
		return fmt.Sprintf("%g operations", b.FLOPs)
	}
	return b.Time.String()
}

// Exhibit returns the settings of a model for a demonstration: a neural model spends the budget and
// is validated four times. Without a size, it uses a configuration that learns quickly; otherwise
// the standard preset.
func (s *Species) Exhibit(size, corpusName string, budget Budget) (*Settings, error) {
	values := map[string]any{}
	if size == "" && s.Quick != nil {
		values = s.Quick(corpusName)
	}
	if budget.FLOPs > 0 {
		values["flops"], values["eval_every"] = budget.FLOPs, train.Every{Share: 0.25}
	} else {
		values["budget"] = budget.Time.String()
		values["eval_every"] = (budget.Time / 4).String()
	}
	return s.SettingsWith(size, values)
}

// SettingsWith returns the settings of a size, changed by values. A counted species ignores values.
func (s *Species) SettingsWith(size string, values map[string]any) (*Settings, error) {
	settings, err := s.Settings(size)
	if err == nil && s.IsNeural() {
		err = settings.Set(values)
	}
	return settings, err
}
