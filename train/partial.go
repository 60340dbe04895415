package train

import (
	"fmt"
	"slices"

	"lmzoo/format/safetensors"
)

// Partial describes how the parameters of a model are filled from the file of another model.
type Partial struct {
	// Name returns the name in the file for a parameter of the model, or "" for a parameter that
	// keeps its value. A nil Name means the same name, if the file has it.
	Name func(param string) string
	// OldVocab and NewVocab are the sizes of the two vocabularies, where the new vocabulary begins
	// with the old one. A parameter of NewVocab rows gets the OldVocab rows of the file; its other
	// rows keep their values.
	OldVocab, NewVocab int
}

// LoadPartial fills parameters of model from a file, and returns the names of the filled
// parameters. After an error, model is unchanged.
func LoadPartial(path string, model any, p Partial) (filled []string, err error) {
	params, err := paramsOf(model)
	if err != nil {
		return nil, err
	}
	err = load(path, func(f *safetensors.File) error {
		var tensors []safetensors.Tensor
		filled = nil
		for _, t := range tensorsOf("", params) {
			name := p.nameIn(f, t.Name)
			if name == "" {
				continue
			}
			filled = append(filled, t.Name)
			t.Name = name
			tensors = append(tensors, p.cut(f, t))
		}
		return fill(f, tensors)
	})
	if err != nil {
		return nil, err
	}
	return filled, nil
}

// nameIn returns the name of a parameter in the file, or "" if the parameter is not filled.
func (p Partial) nameIn(f *safetensors.File, param string) string {
	if p.Name != nil {
		return p.Name(param)
	}
	if _, ok := f.Info(param); !ok {
		return ""
	}
	return param
}

// cut returns the part of a tensor that the file fills: all of it or, if the file has only these,
// the rows of the old vocabulary.
func (p Partial) cut(f *safetensors.File, t safetensors.Tensor) safetensors.Tensor {
	info, ok := f.Info(t.Name)
	if !ok || p.NewVocab == p.OldVocab || len(info.Shape) == 0 || info.Shape[0] != p.OldVocab ||
		t.Shape[0] != p.NewVocab {
		return t
	}
	rows := slices.Clone(t.Shape)
	rows[0] = p.OldVocab
	return safetensors.Tensor{Name: t.Name, Shape: rows,
		Data: t.Data[:len(t.Data)/p.NewVocab*p.OldVocab]}
}

// Freeze turns the parameters of model that frozen selects into constants: they are saved, but no
// step changes them. It returns their names.
func Freeze(model any, frozen func(param string) bool) ([]string, error) {
	params, err := paramsOf(model)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range params {
		if frozen(p.Name) {
			p.Tensor.Grad = nil
			names = append(names, p.Name)
		}
	}
	if len(names) == len(params) {
		return nil, fmt.Errorf("all parameters of %T would be frozen; want at least one to train",
			model)
	}
	return names, nil
}
