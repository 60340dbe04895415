package zoo

// Exhibit returns the settings of a neural species in a comparison, where it has seconds and not hours: a
// small model that sees much text beats a large one that sees little. On the world a row holds whole documents.
func Exhibit(name, corpusName string) map[string]any {
	values := map[string]any{"warmup": 50}
	if corpusName == WorldName {
		values["batch"] = 16
		if name != "mlp" {
			values["context"] = 128
		}
	}
	switch name {
	case "gpt":
		values["n_layer"], values["n_head"], values["n_embd"] = 2, 4, 64
		values["lr"], values["min_lr"], values["beta2"], values["weight_decay"] = 4e-3, 2e-4, 0.98, 0.01
	case "mlp":
		values["lr"], values["min_lr"] = 3e-3, 1e-4
	default:
		values["lr"], values["min_lr"], values["beta2"] = 6e-3, 2e-4, 0.98
	}
	return values
}
