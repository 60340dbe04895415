package compress

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// A file holds, as varints, the magic and version, meta preceded by its length, and the numbers of
// bytes and tokens of the data; then the CRC-32 of the data, the CRC-32 of the header so far, and
// the code up to the end of the file.
const (
	magic   = "lmz"
	version = 1
)

type header struct {
	meta          string
	bytes, tokens uint64
	sum           uint32 // CRC-32 of the data
}

func (h header) marshal() []byte {
	b := append([]byte(magic), version)
	b = binary.AppendUvarint(b, uint64(len(h.meta)))
	b = append(b, h.meta...)
	b = binary.AppendUvarint(b, h.bytes)
	b = binary.AppendUvarint(b, h.tokens)
	b = binary.LittleEndian.AppendUint32(b, h.sum)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// unmarshal reads a header and returns the rest of the file.
func unmarshal(file []byte) (h header, payload []byte, err error) {
	if !strings.HasPrefix(string(file[:min(len(file), len(magic))]), magic) || len(file) == 0 {
		return h, nil, fmt.Errorf("not a compressed file: it does not begin with %q", magic)
	}
	rest := file[len(magic):]
	if len(rest) > 0 && rest[0] != version {
		return h, nil, fmt.Errorf("the compressed file has version %d, but this program reads "+
			"version %d; use the program that wrote it", rest[0], version)
	}
	short := fmt.Errorf("%w: it ends within its header", ErrDamaged)
	if len(rest) == 0 {
		return h, nil, short
	}
	rest = rest[1:]
	number := func() uint64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			err = short
			return 0
		}
		rest = rest[n:]
		return v
	}
	n := number()
	if err != nil || n > uint64(len(rest)) {
		return h, nil, short
	}
	h.meta, rest = string(rest[:n]), rest[n:]
	h.bytes, h.tokens = number(), number()
	if err != nil || len(rest) < 8 {
		return h, nil, short
	}
	h.sum = binary.LittleEndian.Uint32(rest)
	checked := len(file) - len(rest) + 4
	if crc32.ChecksumIEEE(file[:checked]) != binary.LittleEndian.Uint32(rest[4:]) {
		return h, nil, fmt.Errorf("%w: the checksum of its header is wrong", ErrDamaged)
	}
	if h.bytes > 1<<31 || h.tokens > uint64(maxTokens(h.bytes)) {
		return h, nil, fmt.Errorf("%w: %d tokens cannot have %d bytes", ErrDamaged, h.tokens,
			h.bytes)
	}
	return h, rest[8:], nil
}
