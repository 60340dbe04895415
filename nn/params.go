// Package nn holds the parts that the neural eras share: layers, initial weights, scoring,
// inference, and the enumeration of a model's parameters. Parameters have the names and layouts of
// torch.nn and GPT-2, so that each program can read the other's files.
package nn

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"lmzoo/autograd"
	"lmzoo/autograd/gemm"
)

// Param is one named parameter of a model.
type Param struct {
	Name string
	*autograd.Tensor
	Vector bool // one-dimensional on disk: a bias or a gain
	Table  bool // rows that are looked up: an embedding
	Output bool // rows of an output layer or of a classifier
	Across bool // a matrix [in, out], as in GPT-2's Conv1D, not [out, in]
}

// Params returns the parameters of model, a pointer to a struct, in the order of its fields: every
// non-nil *autograd.Tensor with a tag `param:"name"`, and every such tensor inside nested structs,
// pointers, interfaces and slices with a tag `param:"prefix"`, joined by dots. The index of a slice
// element replaces %d in the prefix, or follows it after a dot ("h" → "h.0.attn"). The option
// `param:"name,vector"` marks a row that is one-dimensional on disk, `param:"name,table"` an
// embedding, `param:"name,output"` an output layer, and `param:"name,across"` a matrix [in, out]; a
// struct passes its option on to fields without one. An element of a slice that has a method
// ParamName takes its name from it instead of its index. A tensor that occurs twice (tied weights)
// is one parameter, under its first name.
func Params(model any) []Param {
	var out []Param
	seen := map[*autograd.Tensor]bool{}
	walk(reflect.ValueOf(model), "", "", func(name, option string, field reflect.Value) {
		x := field.Interface().(*autograd.Tensor)
		if !seen[x] {
			seen[x] = true
			out = append(out, Param{Name: name, Tensor: x, Vector: option == "vector",
				Table: option == "table", Output: option == "output",
				Across: option == "across"})
		}
	})
	return out
}

// Replica returns a model that shares model's parameter values but has its own gradients, so that
// the pieces of a batch can run concurrently. M is a pointer to a struct, or an interface that
// holds one; everything except the parameters is copied shallowly. Tied weights remain tied.
func Replica[M any](model M) M {
	old := reflect.ValueOf(model).Elem()
	twin := reflect.New(old.Type())
	twin.Elem().Set(old)
	twins := map[*autograd.Tensor]*autograd.Tensor{}
	detach(twin.Elem(), twins)
	addGradients(twins)
	return twin.Interface().(M)
}

// Count returns the number of scalar parameters of model, N.
func Count(model any) int {
	n := 0
	for _, p := range Params(model) {
		n += p.Rows * p.Cols
	}
	return n
}

var tensorType = reflect.TypeFor[*autograd.Tensor]()

// walk visits every parameter field below v.
func walk(
	v reflect.Value, prefix, option string, visit func(name, option string, v reflect.Value),
) {
	switch {
	case v.Type() == tensorType:
		if !v.IsNil() {
			visit(prefix, option, v)
		}
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), prefix, option, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), elementName(prefix, i, v.Index(i).Interface()), option, visit)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			tag, ok := v.Type().Field(i).Tag.Lookup("param")
			if !ok {
				continue
			}
			name, own, found := strings.Cut(tag, ",")
			if !found {
				own = option
			}
			walk(v.Field(i), join(prefix, name), own, visit)
		}
	}
}

// elementName returns the name of element i of a slice.
func elementName(prefix string, i int, element any) string {
	if named, ok := element.(interface{ ParamName() string }); ok {
		return join(prefix, named.ParamName())
	}
	if strings.Contains(prefix, "%d") {
		return fmt.Sprintf(prefix, i)
	}
	return fmt.Sprintf("%s.%d", prefix, i)
}

// join joins a prefix and a name with a dot; either may be empty.
func join(prefix, name string) string {
	if prefix == "" || name == "" {
		return prefix + name
	}
	return prefix + "." + name
}

// detach replaces every tagged tensor, pointer and slice below v with a copy; tensors keep their
// Data. twins maps the originals to their copies.
func detach(v reflect.Value, twins map[*autograd.Tensor]*autograd.Tensor) {
	switch {
	case v.Type() == tensorType:
		if !v.IsNil() {
			v.Set(reflect.ValueOf(twinOf(v.Interface().(*autograd.Tensor), twins)))
		}
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			twin := reflect.New(v.Type().Elem())
			twin.Elem().Set(v.Elem())
			v.Set(twin)
			detach(twin.Elem(), twins)
		}
	case v.Kind() == reflect.Interface:
		if v.IsNil() {
			return
		}
		twin := reflect.New(v.Elem().Type()).Elem()
		twin.Set(v.Elem())
		detach(twin, twins)
		v.Set(twin)
	case v.Kind() == reflect.Slice:
		if v.IsNil() {
			return
		}
		twin := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(twin, v)
		v.Set(twin)
		for i := range v.Len() {
			detach(v.Index(i), twins)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if _, ok := v.Type().Field(i).Tag.Lookup("param"); ok {
				detach(v.Field(i), twins)
			}
		}
	}
}

// twinOf returns a tensor that shares old's values, without a gradient.
func twinOf(old *autograd.Tensor, twins map[*autograd.Tensor]*autograd.Tensor) *autograd.Tensor {
	if twin, ok := twins[old]; ok {
		return twin
	}
	twin := &autograd.Tensor{General: old.General}
	twins[old] = twin
	return twin
}

// addGradients gives each twin its own gradient if its original has one. All gradients share large
// pages, and those that follow one another in memory, such as those of autograd.Stacked, still do.
func addGradients(twins map[*autograd.Tensor]*autograd.Tensor) {
	address := func(x *autograd.Tensor) uintptr {
		return uintptr(unsafe.Pointer(unsafe.SliceData(x.Grad)))
	}
	var olds []*autograd.Tensor
	size := 0
	for old := range twins {
		if len(old.Grad) > 0 {
			olds = append(olds, old)
			size += len(old.Grad) + cacheLine
		}
	}
	slices.SortFunc(olds, func(a, b *autograd.Tensor) int {
		return cmp.Compare(address(a), address(b))
	})
	all, at, end := gemm.Make[float32](size), 0, uintptr(0)
	for _, old := range olds {
		if address(old) != end {
			at = (at + cacheLine - 1) / cacheLine * cacheLine
		}
		twins[old].Grad = all[at:][:len(old.Grad)]
		at += len(old.Grad)
		end = address(old) + uintptr(4*len(old.Grad))
	}
}

const cacheLine = 16 // floats
