package zoo

import (
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/task"
	"lmzoo/train"
	"lmzoo/transformer"
)

// llama returns the species of the modern decoder.
func llama() *Species {
	preset := Preset(transformer.LlamaPreset, func(c *train.Config) {
		c.LR, c.MinLR, c.WeightDecay = 1e-3, 1e-4, 0.1 // as for gpt
	})
	return &Species{
		Name: "llama", Title: "Llama", Era: "LLM", Year: 2023, Sizes: transformer.Sizes(),
		Paper: "Touvron et al., LLaMA: Open and Efficient Foundation Language Models",
		Remembers: "every token of the window, by content and distance (an LLM's architecture, " +
			"but not large)",
		Defaults: func(size string) (*Settings, error) {
			s, err := preset(size)
			if err == nil && size == "base" {
				s.Train.Batch, s.Train.Context = 8, 256
			}
			return s, err
		},
		Quick: func(corpus string) map[string]any {
			values := map[string]any{
				"optimizer": train.Muon, "momentum": 0.9, "schedule": "linear", // as for gpt
				"warmup": 50, "lr": 24e-3, "min_lr": 0.0, "beta2": 0.98, "weight_decay": 0.01,
				"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
				"hidden_size": 64, "initializer_range": 0.05,
			}
			wholeDocuments(values, corpus)
			values["batch"] = 8
			return values
		},
		Tuning:   Tuning{Marks: []string{task.Delimiter, task.Extract}},
		Learning: &Learning{New: newLlama, Start: Windows, Mixes: true},
	}
}

// newLlama returns an untrained model. In the configuration, it replaces each 0 with the number
// that the 0 stands for, so that other programs can read config.json.
func newLlama(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
	if c, ok := config.(*transformer.LlamaConfig); ok {
		*c = c.Defaults()
	}
	return New(transformer.NewLlama)(config, tok, rng)
}
