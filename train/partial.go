package train

import (
	"fmt"
	"slices"

	"lmzoo/format/safetensors"
)

// Partial says how the parameters of a model are filled from the file of another one.
type Partial struct {
	// Name returns the name in the file of a parameter of the model, or "" for one that keeps its
	// value. nil means the same name if the file has it.
	Name func(param string) string
	// OldVocab and NewVocab are the sizes of the two vocabularies, where the new one begins with
	// the old. A parameter of NewVocab rows gets the OldVocab rows of the file; its other rows keep
	// their values.
	OldVocab, NewVocab int
}

// LoadPartial fills parameters of model from a file, and returns the names of those that it filled.
// After an error, model is as it was.
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

// nameIn returns the name of a parameter in the file, "" if it is not to be filled.
func (p Partial) nameIn(f *safetensors.File, param string) string {
	if p.Name != nil {
		return p.Name(param)
	}
	if _, ok := f.Info(param); !ok {
		return ""
	}
	return param
}

// cut returns the part of a tensor that the file fills: all of it or, if that is what the file has,
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

// Freeze makes constants of the parameters of model that frozen selects: they are saved, but no
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
		return nil, fmt.Errorf("all parameters of %T would be frozen; leave one to train", model)
	}
	return names, nil
}
