package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
)

// Info is an entry of the table of contents.
type Info struct {
	Name  string
	DType string // F32, F16, BF16, F64, I64, …
	Shape []int

	begin, end int64 // offsets of the numbers from the beginning of the file
}

// File is an open file. Its table of contents has the order of the numbers.
type File struct {
	Metadata map[string]string
	Tensors  []Info

	data  io.ReaderAt
	index map[string]int
}

// sizes are the sizes of elements in bytes. Only floats can be read.
var sizes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2,
	"U16": 2,
	"I8":  1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}

// Open reads the table of contents of a file of the given size and checks that names, types and
// shapes are valid and that the numbers of all tensors fill the rest of the file without gaps or
// overlaps.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{data: r, index: map[string]int{}}
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	base := 8 + int64(len(header))
	if err := f.parse(header, size-base); err != nil {
		return nil, err
	}
	sort.SliceStable(f.Tensors, func(i, j int) bool {
		a, b := f.Tensors[i], f.Tensors[j]
		// an empty tensor precedes its neighbour
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	at := int64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if t.begin != at {
			return nil, fmt.Errorf("safetensors: tensor %s begins at byte %d; want %d, the end "+
				"of the previous tensor", t.Name, t.begin, at)
		}
		at = t.end
		t.begin, t.end = t.begin+base, t.end+base
		f.index[t.Name] = i
	}
	if at != size-base {
		return nil, fmt.Errorf("safetensors: %d bytes of numbers; want %d, because the file is "+
			"truncated "+
			"or too long", size-base, at)
	}
	return f, nil
}

func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	var length [8]byte
	if size < 8 {
		return nil, fmt.Errorf("safetensors: the file has %d bytes; want at least 8, because it "+
			"is "+
			"truncated or another kind of file", size)
	}
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: reading the length of the header: %w", noEOF(err))
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("safetensors: a header of %d bytes in a file of %d; the file is "+
			"truncated or of another kind", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil && n > 0 && err != io.EOF {
		return nil, fmt.Errorf("safetensors: reading the header: %w", err)
	}
	if n == 0 || header[0] != '{' {
		return nil, fmt.Errorf("safetensors: the header does not begin with {; this is another " +
			"kind of file")
	}
	return header, nil
}

// parse reads the header token by token, because encoding/json would silently use the last of two
// equal names.
func (f *File) parse(header []byte, room int64) error {
	d := json.NewDecoder(bytes.NewReader(header))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("safetensors: header: %w", noEOF(err))
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("safetensors: header: %w", noEOF(err))
		}
		name, _ := key.(string)
		if seen[name] {
			return fmt.Errorf("safetensors: %q occurs twice in the header", name)
		}
		seen[name] = true
		if name == metadataName {
			if err := d.Decode(&f.Metadata); err != nil {
				return fmt.Errorf("safetensors: metadata: %w; want strings by name", noEOF(err))
			}
			continue
		}
		info, err := parseInfo(d, name, room)
		if err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
		f.Tensors = append(f.Tensors, info)
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("safetensors: header: %w", noEOF(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("safetensors: trailing data after the header")
	}
	return nil
}

// parseInfo reads the entry of a tensor and checks it against the size of the file.
func parseInfo(d *json.Decoder, name string, room int64) (Info, error) {
	var entry struct {
		DType   string
		Shape   []int
		Offsets []int64
	}
	if err := checkName(name); err != nil {
		return Info{}, err
	}
	var fields map[string]json.RawMessage // a struct would accept "DType" for "dtype"
	if err := d.Decode(&fields); err != nil {
		return Info{}, fmt.Errorf("tensor %s: %w", name, noEOF(err))
	}
	for key, into := range map[string]any{"dtype": &entry.DType, "shape": &entry.Shape,
		"data_offsets": &entry.Offsets} {
		if err := json.Unmarshal(fields[key], into); err != nil {
			return Info{}, fmt.Errorf("tensor %s: %s: %w", name, key, noEOF(err))
		}
	}
	size, known := sizes[entry.DType]
	if !known {
		return Info{}, fmt.Errorf("tensor %s has the unknown type %q", name, entry.DType)
	}
	if entry.Shape == nil || len(entry.Offsets) != 2 {
		return Info{}, fmt.Errorf("tensor %s is incomplete; want a shape and two data_offsets",
			name)
	}
	begin, end := entry.Offsets[0], entry.Offsets[1]
	if begin < 0 || end < begin || end > room {
		return Info{}, fmt.Errorf("tensor %s has bytes %d to %d of %d; the file is truncated or "+
			"damaged", name, begin, end, room)
	}
	n, ok := elements(entry.Shape, room/size)
	if !ok || n*size != end-begin {
		return Info{}, fmt.Errorf("tensor %s, %s of shape %v, has %d bytes; want the size of the "+
			"shape", name, entry.DType, entry.Shape, end-begin)
	}
	return Info{Name: name, DType: entry.DType, Shape: entry.Shape, begin: begin, end: end}, nil
}

// Info returns the entry of a tensor, or false if there is none with this name.
func (f *File) Info(name string) (Info, bool) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, false
	}
	return f.Tensors[i], true
}

// Len returns the number of elements.
func (t Info) Len() int { return int((t.end - t.begin) / sizes[t.DType]) }

// Float32 reads the numbers of a tensor of any float type.
func (f *File) Float32(name string) ([]float32, error) {
	t, ok := f.Info(name)
	if !ok {
		return nil, fmt.Errorf("safetensors: there is no tensor named %s", name)
	}
	decode := decoders[t.DType]
	if decode == nil {
		return nil, fmt.Errorf("safetensors: tensor %s is of type %s; want F32, F16, BF16 or F64",
			name, t.DType)
	}
	raw := make([]byte, t.end-t.begin) // Open has checked the size
	if n, err := f.data.ReadAt(raw, t.begin); n < len(raw) {
		return nil, fmt.Errorf("safetensors: reading tensor %s: %w", name, noEOF(err))
	}
	out := make([]float32, t.Len())
	size := len(raw) / max(len(out), 1)
	for i := range out {
		out[i] = decode(raw[i*size:])
	}
	return out, nil
}

var decoders = map[string]func([]byte) float32{
	"F64": func(b []byte) float32 {
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	},
	"F32": func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) },
	"BF16": func(b []byte) float32 {
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	},
	"F16": func(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) },
}

// half widens an IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0: // zero and subnormal: fraction · 2⁻²⁴
		x := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// noEOF turns io.EOF into io.ErrUnexpectedEOF.
func noEOF(err error) error {
	if err == io.EOF || err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
