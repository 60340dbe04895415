package align

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lmzoo/format/atomic"
	"lmzoo/lm"
	"lmzoo/train"
)

// The files of an adapter in the format of PEFT, Hugging Face's library.
const (
	AdapterFile       = "adapter_model.safetensors"
	AdapterConfigFile = "adapter_config.json"
)

// baseKey is the metadata key of the fingerprint of the weights that the adapter changes.
const baseKey = "base"

// adapterConfig is the content of adapter_config.json.
type adapterConfig struct {
	PEFTType  string       `json:"peft_type"`
	TaskType  string       `json:"task_type"`
	Base      string       `json:"base_model_name_or_path"`
	Rank      int          `json:"r"`
	Alpha     float64      `json:"lora_alpha"`
	Dropout   float64      `json:"lora_dropout"`
	Layers    []string     `json:"target_modules"`
	Bias      string       `json:"bias"`
	Across    bool         `json:"fan_in_fan_out"`
	Tokens    tokenIndices `json:"trainable_token_indices"` // trained rows, by layer
	Inference bool         `json:"inference_mode"`

	// These fields select variants of LoRA that this package does not support.
	RSLoRA  bool     `json:"use_rslora"`
	DoRA    bool     `json:"use_dora"`
	Modules []string `json:"modules_to_save"`
}

// tokenIndices lists the trained rows of each layer. PEFT may also write a plain list, which holds
// the rows of the embedding.
type tokenIndices map[string][]lm.Token

// UnmarshalJSON decodes both forms.
func (t *tokenIndices) UnmarshalJSON(text []byte) error {
	var list []lm.Token
	if json.Unmarshal(text, &list) == nil && list != nil {
		*t = tokenIndices{"": list}
		return nil
	}
	return json.Unmarshal(text, (*map[string][]lm.Token)(t))
}

// Save writes the adapter and its configuration to an existing directory. The metadata of the
// weights holds the fingerprint of the base model. base is the name or the directory of that model,
// for information only. Save writes the weights last, so a directory that contains them is
// complete.
func (l *LoRA) Save(dir, base string) error {
	c := adapterConfig{PEFTType: "LORA", TaskType: "CAUSAL_LM", Base: base, Rank: l.o.Rank,
		Alpha: l.o.Alpha, Bias: "none", Inference: true}
	for _, m := range l.Matrices {
		c.Layers = append(c.Layers, lastPart(m.Name))
		c.Across = c.Across || m.Across()
	}
	slices.Sort(c.Layers)
	c.Layers = slices.Compact(c.Layers)
	for _, r := range l.Rows {
		if c.Tokens == nil {
			c.Tokens = tokenIndices{}
		}
		c.Tokens[lastPart(r.Name)] = r.Tokens
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	err = atomic.WriteFile(filepath.Join(dir, AdapterConfigFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return train.SaveParams(filepath.Join(dir, AdapterFile), l, map[string]string{
		"format": "pt", baseKey: l.Fingerprint()})
}

// lastPart returns the part of a name after its last dot.
func lastPart(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// LoadLoRA reads an adapter for a model. It refuses an adapter that was trained on other weights or
// with another vocabulary.
func LoadLoRA(dir string, base Policy) (*LoRA, error) {
	path := filepath.Join(dir, AdapterConfigFile)
	o, err := readAdapterConfig(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	l, err := NewLoRA(base, o, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	path = filepath.Join(dir, AdapterFile)
	metadata, err := train.LoadParams(path, l)
	if err != nil {
		return nil, err
	}
	if want, ok := metadata[baseKey]; ok && want != l.Fingerprint() {
		return nil, fmt.Errorf("%s: it was trained on weights with fingerprint %.12s, but the "+
			"model has %.12s; open it with the run that it was trained from", path, want,
			l.Fingerprint())
	}
	return l, nil
}

// readAdapterConfig reads the options of a LoRA from adapter_config.json.
func readAdapterConfig(path string) (o LoRAOptions, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	var c adapterConfig
	if err := json.Unmarshal(text, &c); err != nil {
		return o, err
	}
	switch {
	case c.PEFTType != "LORA":
		return o, fmt.Errorf("peft_type is %q; want LORA", c.PEFTType)
	case c.RSLoRA || c.DoRA:
		return o, fmt.Errorf("unsupported variant of LoRA; want use_rslora and use_dora false")
	case len(c.Modules) > 0 || c.Bias != "" && c.Bias != "none":
		return o, fmt.Errorf("it trains whole layers or biases; want modules_to_save empty " +
			"and bias none")
	}
	o = LoRAOptions{Rank: c.Rank, Alpha: c.Alpha, Layers: c.Layers}
	for _, layer := range slices.Sorted(maps.Keys(c.Tokens)) {
		if o.Tokens != nil && !slices.Equal(o.Tokens, c.Tokens[layer]) {
			return o, fmt.Errorf("trainable_token_indices differ between layers; want the same")
		}
		o.Tokens = c.Tokens[layer]
	}
	return o, nil
}
