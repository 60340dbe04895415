package ngram

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A model file consists of
//
//	magic, version, length and CRC-32C of the header      20 bytes, little-endian
//	the header as JSON, with the size and CRC of every section
//	the sections, each at a multiple of 64 bytes from the beginning of the file
//
// The sections are the arrays of the model as they are in memory, so that a file can be opened by
// mapping it.
const (
	magic      = "lmz-gram"
	version    = 3
	prefixSize = len(magic) + 12
	alignment  = 64
	maxHeader  = 1 << 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// section describes an array in a file.
type section struct {
	Name string `json:"name"`
	Size uint64 `json:"size"`
	CRC  uint32 `json:"crc32c"`
}

// array is the memory of a section.
type array struct {
	name string
	data *[]byte
}

// arrays lists the arrays in file order.
func (m *Model) arrays() []array {
	all := []array{{"1-gram rows", &m.unigrams}}
	for i := range m.tables {
		t := &m.tables[i]
		n := i + 2
		all = append(all, array{fmt.Sprintf("%d-gram rows", n), &t.rows},
			array{fmt.Sprintf("%d-gram bases", n), &t.bases},
			array{fmt.Sprintf("%d-gram probabilities", n), &t.probs},
			array{fmt.Sprintf("%d-gram weights", n), &t.backoffs},
			array{fmt.Sprintf("%d-gram index", n), &t.index})
	}
	for i := range m.counts {
		c := &m.counts[i]
		all = append(all, array{fmt.Sprintf("%d-gram counts", i+1), &c.bits},
			array{fmt.Sprintf("%d-gram count marks", i+1), &c.marks})
	}
	return all
}

// Size returns the size of the arrays of the model in bytes, in memory and in a file.
func (m *Model) Size() int {
	n := 0
	for _, a := range m.arrays() {
		n += len(*a.data)
	}
	return n
}

func align(n uint64) uint64 { return (n + alignment - 1) / alignment * alignment }

// Save writes the model; Open and Read read it.
func (m *Model) Save(w io.Writer) error {
	h := m.header
	h.Sections = nil
	for _, a := range m.arrays() {
		h.Sections = append(h.Sections, section{a.name, uint64(len(*a.data)),
			crc32.Checksum(*a.data, castagnoli)})
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("ngram: header: %w", err)
	}
	prefix := append([]byte(nil), magic...)
	prefix = binary.LittleEndian.AppendUint32(prefix, version)
	prefix = binary.LittleEndian.AppendUint32(prefix, uint32(len(text)))
	prefix = binary.LittleEndian.AppendUint32(prefix, crc32.Checksum(text, castagnoli))
	at := uint64(0)
	write := func(data []byte) {
		for _, part := range [][]byte{data,
			make([]byte, align(at+uint64(len(data)))-at-uint64(len(data)))} {
			if err == nil {
				_, err = w.Write(part)
			}
		}
		at = align(at + uint64(len(data)))
	}
	write(append(prefix, text...))
	for _, a := range m.arrays() {
		write(*a.data)
	}
	return err
}

// Open maps a model file into memory where the system supports it: pages are read on demand and
// shared by processes. Close unmaps it. The file must not be changed while it is open: reading a
// part that has been truncated kills the process with SIGBUS. See [Load].
func Open(path string) (*Model, error) { return openWith(mapFile, path) }

// Load is [Open] for a file that others may change. It copies the file into memory and verifies it,
// which takes about half a millisecond per megabyte more than Open and Verify.
func Load(path string) (*Model, error) {
	m, err := openWith(loadFile, path)
	if err != nil {
		return nil, err
	}
	if err := m.Verify(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), m.Close())
	}
	return m, nil
}

func openWith(read func(string) ([]byte, func() error, error), path string) (*Model, error) {
	data, done, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("ngram: %w", err)
	}
	m, err := Read(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), done())
	}
	m.close = done
	return m, nil
}

// Close releases a model that Open returned.
func (m *Model) Close() error {
	if m.close == nil {
		return nil
	}
	done := m.close
	m.close, m.unigrams, m.tables, m.counts = nil, nil, nil, nil
	return done()
}

// readFile reads a file that cannot be mapped.
func readFile(path string) ([]byte, func() error, error) {
	data, err := os.ReadFile(path)
	return data, func() error { return nil }, err
}

// Read returns the model in the bytes of a file, without copying them. It checks the header and all
// sizes; Verify checks the arrays as well.
func Read(data []byte) (*Model, error) {
	if len(data) < prefixSize || string(data[:len(magic)]) != magic {
		return nil, errors.New("not an lmzoo n-gram model (an ARPA file is read with ReadARPA)")
	}
	number := data[len(magic):prefixSize]
	if v := binary.LittleEndian.Uint32(number); v != version {
		return nil, fmt.Errorf("n-gram model of version %d; this program reads version %d; train "+
			"the model again", v, version)
	}
	size, crc := binary.LittleEndian.Uint32(number[4:]), binary.LittleEndian.Uint32(number[8:])
	if size > maxHeader || uint64(prefixSize)+uint64(size) > uint64(len(data)) {
		return nil, fmt.Errorf("truncated n-gram model: the header has %d bytes, the file has %d",
			size,
			len(data))
	}
	text := data[prefixSize : prefixSize+int(size)]
	if crc32.Checksum(text, castagnoli) != crc {
		return nil, errors.New("damaged n-gram model: the checksum of the header is wrong; copy " +
			"it again or train it again")
	}
	m := &Model{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m.header); err != nil {
		return nil, fmt.Errorf("header of the n-gram model: %w", err)
	}
	if err := m.checkHeader(); err != nil {
		return nil, fmt.Errorf("header of the n-gram model: %w", err)
	}
	return m, m.place(data, align(uint64(prefixSize)+uint64(size)))
}

// place finds the arrays in the bytes of the file.
func (m *Model) place(data []byte, at uint64) error {
	arrays := m.arrays()
	if len(arrays) != len(m.Sections) {
		return fmt.Errorf("n-gram model with %d sections; want %d for order %d", len(m.Sections),
			len(arrays), m.Order)
	}
	for i, s := range m.Sections {
		if s.Name != arrays[i].name {
			return fmt.Errorf("n-gram model: section %q; want %q", s.Name, arrays[i].name)
		}
		if at > uint64(len(data)) || s.Size > uint64(len(data))-at {
			return fmt.Errorf("truncated n-gram model: section %q ends at byte %d, but the file "+
				"ends at %d",
				s.Name, at+s.Size, len(data))
		}
		*arrays[i].data = data[at : at+s.Size : at+s.Size]
		at = align(at + s.Size)
	}
	if at > uint64(len(data)) {
		return fmt.Errorf("truncated n-gram model: it should end at byte %d, but the file ends "+
			"at %d",
			at, len(data))
	}
	return m.checkSizes()
}

// Verify reads the whole model and compares its checksums with those of the file.
func (m *Model) Verify() error {
	for i, a := range m.arrays() {
		if i >= len(m.Sections) {
			return nil // the model does not come from a file
		}
		if crc32.Checksum(*a.data, castagnoli) != m.Sections[i].CRC {
			return fmt.Errorf("damaged n-gram model: the checksum of section %q is wrong; copy "+
				"it again or train it again", a.name)
		}
	}
	return nil
}
