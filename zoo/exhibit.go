package zoo

import "time"

// Exhibit are the settings of a species that is shown to visitors: a neural one learns for a time, and is validated four times
// in it. Without a size it is one that learns much in seconds; with one it is what that size always is.
func (s *Species) Exhibit(size, corpusName string, budget time.Duration) (*Settings, error) {
	values := map[string]any{}
	if size == "" {
		values = quick(s.Name, corpusName)
	}
	values["budget"], values["eval_every"] = budget.String(), (budget / 4).String()
	return s.Learning(size, values)
}

// Learning are the settings of a species for a size, with other values if it learns by gradient: what is counted
// has none of them.
func (s *Species) Learning(size string, values map[string]any) (*Settings, error) {
	settings, err := s.Settings(size)
	if err == nil && s.IsNeural() {
		err = settings.Set(values)
	}
	return settings, err
}

// quick returns the settings of a neural species that has seconds and not hours: a small model that sees much text
// beats a large one that sees little. On the world a row holds whole documents.
func quick(name, corpusName string) map[string]any {
	values := map[string]any{"warmup": 50}
	if _, generated := FindGenerated(corpusName); generated {
		values["batch"] = 16
		if name != "mlp" {
			values["context"] = 128
		}
	}
	switch name {
	case "gpt":
		values["n_layer"], values["n_head"], values["n_embd"] = 2, 4, 64
		values["batch"] = 8
		values["initializer_range"] = 0.08 // with 64 channels and GPT-2's 0.02, copying is learned late
		values["lr"], values["min_lr"], values["beta2"], values["weight_decay"] = 6e-3, 2e-4, 0.98, 0.01
	case "mlp":
		values["lr"], values["min_lr"] = 3e-3, 1e-4
	case "rnn":
		values["lr"], values["min_lr"], values["beta2"] = 4e-3, 2e-4, 0.98
	default:
		values["lr"], values["min_lr"], values["beta2"] = 1e-2, 2e-4, 0.98
	}
	return values
}
