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
