package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"lmzoo/format/atomic"
	"lmzoo/format/safetensors"
	"lmzoo/nn"
)

const checksumKey = "sha256" // of the metadata

// SaveParams writes the parameters of model under their names, matrices with two dimensions and
// vectors with one, so that other tools can open the file directly. It adds a checksum to the
// metadata.
func SaveParams(path string, model any, metadata map[string]string) error {
	params, err := paramsOf(model)
	if err != nil {
		return err
	}
	return save(path, "", metadata, tensorsOf("", params))
}

// LoadParams reads the parameters of model from a file that SaveParams or another tool wrote, and
// returns its metadata. If a parameter is missing or has the wrong shape, the model is unchanged.
func LoadParams(path string, model any) (map[string]string, error) {
	params, err := paramsOf(model)
	if err != nil {
		return nil, err
	}
	var metadata map[string]string
	err = load(path, func(f *safetensors.File) error {
		metadata = f.Metadata
		return fill(f, tensorsOf("", params))
	})
	return metadata, err
}

// ReadMetadata returns the metadata of a file. It does not read the tensors or verify the checksum.
func ReadMetadata(path string) (map[string]string, error) {
	r, f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return f.Metadata, nil
}

// tensorsOf returns the parameters as tensors with their shapes on disk. They share the data of the
// parameters.
func tensorsOf(prefix string, params []nn.Param) []safetensors.Tensor {
	var out []safetensors.Tensor
	for _, p := range params {
		out = append(out, safetensors.Tensor{Name: prefix + p.Name, Shape: shapeOf(p),
			Data: p.Data})
	}
	return out
}

func shapeOf(p nn.Param) []int {
	if p.Vector {
		return []int{p.Rows * p.Cols}
	}
	return []int{p.Rows, p.Cols}
}

// save atomically writes a file with a checksum of its content. The old file is kept at previous,
// unless previous is empty.
func save(path, previous string, metadata map[string]string, tensors []safetensors.Tensor) error {
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	sum := newChecksum(metadata)
	for _, t := range tensors {
		sum.add(t.Name, t.Shape, t.Data)
	}
	metadata[checksumKey] = sum.hex()
	return atomic.Replace(path, previous, func(w io.Writer) error {
		return safetensors.Write(w,
			metadata, tensors)
	})
}

// load opens a file, verifies its checksum if it has one, and passes it to read. Every error names
// the file.
func load(path string, read func(*safetensors.File) error) error {
	r, f, err := open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	if want, ok := f.Metadata[checksumKey]; ok {
		sum := newChecksum(f.Metadata)
		for _, t := range f.Tensors {
			data, err := f.Float32(t.Name)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			sum.add(t.Name, t.Shape, data)
		}
		if sum.hex() != want {
			return fmt.Errorf("%s is damaged: its checksum is wrong; restore it from a copy", path)
		}
	}
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func open(path string) (io.Closer, *safetensors.File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, nil, err // the error names the path
	}
	info, err := r.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("not a regular file; want a file of tensors")
	}
	var f *safetensors.File
	if err == nil {
		f, err = safetensors.Open(r, info.Size())
	}
	if err != nil {
		r.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, f, nil
}

// fill copies the data of f into all tensors, or into none if there is an error.
func fill(f *safetensors.File, tensors []safetensors.Tensor) error {
	read := make([][]float32, len(tensors))
	for i, t := range tensors {
		name, ok := stored(f, t.Name)
		if !ok {
			return fmt.Errorf("parameter %s is missing; want a file of this model", t.Name)
		}
		info, _ := f.Info(name)
		if !slices.Equal(info.Shape, t.Shape) {
			return fmt.Errorf("parameter %s has shape %v; want %v: the file belongs to another "+
				"model", t.Name, info.Shape, t.Shape)
		}
		var err error
		if read[i], err = f.Float32(name); err != nil {
			return err
		}
	}
	for i, t := range tensors {
		copy(t.Data, read[i])
	}
	return nil
}

// stored returns the name under which f holds a parameter. BERT's first checkpoints, made with
// TensorFlow, call the weight and the bias of a LayerNorm gamma and beta; some name the bias of the
// predictions after the decoder that adds it.
func stored(f *safetensors.File, name string) (string, bool) {
	if _, ok := f.Info(name); ok {
		return name, true
	}
	for _, r := range [][2]string{
		{"LayerNorm.weight", "LayerNorm.gamma"},
		{"LayerNorm.bias", "LayerNorm.beta"},
		{"cls.predictions.bias", "cls.predictions.decoder.bias"},
	} {
		if base, ok := strings.CutSuffix(name, r[0]); ok {
			name = base + r[1]
			break
		}
	}
	_, ok := f.Info(name)
	return name, ok
}

// checksum is the SHA-256 of the content of a file: the metadata in the order of its keys, and the
// name, shape and bits of every tensor. Every text is preceded by its length, so that different
// contents have different encodings.
type checksum struct {
	w interface {
		io.Writer
		Sum([]byte) []byte
	}
	buf []byte
}

func newChecksum(metadata map[string]string) *checksum {
	c := &checksum{w: sha256.New()}
	for _, k := range slices.Sorted(maps.Keys(metadata)) {
		if k != checksumKey {
			c.text(k)
			c.text(metadata[k])
		}
	}
	return c
}

func (c *checksum) number(n int) { c.buf = binary.LittleEndian.AppendUint64(c.buf, uint64(n)) }

func (c *checksum) text(s string) {
	c.number(len(s))
	c.buf = append(c.buf, s...)
}

func (c *checksum) flush() {
	c.w.Write(c.buf) // a hash never fails
	c.buf = c.buf[:0]
}

func (c *checksum) add(name string, shape []int, data []float32) {
	c.text(name)
	c.number(len(shape))
	for _, d := range shape {
		c.number(d)
	}
	for part := range slices.Chunk(data, 1<<12) {
		for _, x := range part {
			c.buf = binary.LittleEndian.AppendUint32(c.buf, math.Float32bits(x))
		}
		c.flush()
	}
}

func (c *checksum) hex() string {
	c.flush()
	return hex.EncodeToString(c.w.Sum(nil))
}
