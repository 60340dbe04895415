package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// Write writes tensors in the given order and metadata in the order of its keys, so that equal
// content gives equal bytes.
func Write(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	header, err := encodeHeader(metadata, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	buf := make([]byte, 0, 1<<15)
	for _, t := range tensors {
		for part := range slices.Chunk(t.Data, cap(buf)/4) {
			buf = buf[:0]
			for _, x := range part {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodeHeader returns the table of contents, padded with spaces so that the numbers begin at a
// multiple of eight bytes.
func encodeHeader(metadata map[string]string, tensors []Tensor) ([]byte, error) {
	var h bytes.Buffer
	h.WriteByte('{')
	if len(metadata) > 0 {
		for _, k := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(k) || !utf8.ValidString(metadata[k]) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", k)
			}
		}
		fmt.Fprintf(&h, "%q:%s,", metadataName, jsonOf(metadata)) // encoding/json sorts the keys
	}
	seen := map[string]bool{}
	offset := int64(0)
	for _, t := range tensors {
		if err := checkName(t.Name); err != nil {
			return nil, err
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("two tensors are named %s", t.Name)
		}
		seen[t.Name] = true
		n, ok := elements(t.Shape, math.MaxInt64/8)
		if !ok || n != int64(len(t.Data)) {
			return nil, fmt.Errorf("tensor %s has shape %v and %d numbers; want the number of "+
				"elements of the shape", t.Name, t.Shape, len(t.Data))
		}
		end := offset + 4*n
		fmt.Fprintf(&h, `%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]},`, jsonOf(t.Name),
			jsonOf(append([]int{}, t.Shape...)), offset, end)
		offset = end
	}
	header := bytes.TrimSuffix(h.Bytes(), []byte(","))
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if len(header) > maxHeader {
		return nil, fmt.Errorf("the header has %d bytes; want at most %d", len(header), maxHeader)
	}
	return header, nil
}

// jsonOf encodes a value without HTML escapes. The value must be one whose encoding cannot fail.
func jsonOf(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}
