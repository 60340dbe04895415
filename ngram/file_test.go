package ngram

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

func saved(t testing.TB, m *Model) []byte {
	var b bytes.Buffer
	require.NoError(t, m.Save(&b))
	return b.Bytes()
}

func TestFile(t *testing.T) {
	for _, cfg := range []Config{{Order: 1}, {Order: 2, Smoothing: "mle"}, {Order: 5},
		{Order: 4, NoCounts: true, Prune: []int{0, 0, 1}}} {
		m, w := mill(t, cfg)
		data := saved(t, m)
		require.Equal(t, data, saved(t, m))
		path := filepath.Join(t.TempDir(), "model")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		got, err := Open(path)
		require.NoError(t, err)
		require.NoError(t, got.Verify())
		require.Equal(t, m.Config, got.Config)
		require.Equal(t, m.Discounts, got.Discounts)
		for _, doc := range w.lines(testText(t, "mill.test.txt"), false) {
			require.Equal(t, m.Score(nil, doc), got.Score(nil, doc))
		}
		require.Equal(t, data, saved(t, got))
		require.NoError(t, got.Close())
		require.NoError(t, got.Close())
	}
	_, err := Open(filepath.Join(t.TempDir(), "nothing"))
	require.ErrorContains(t, err, "nothing")
}

// Every truncation is an error, every flipped bit is found by Verify or earlier, and nothing
// panics.
func TestDamagedFile(t *testing.T) {
	m, _ := mill(t, Config{Order: 3})
	data := saved(t, m)
	for n := 0; n < len(data); n += 1 + n/50 {
		_, err := Read(data[:n])
		require.Error(t, err, "%d bytes of %d", n, len(data))
	}
	for _, foreign := range []string{"", "lmz-gram", "PK\x03\x04 something else altogether",
		"\\data\\\nngram 1=3\n", "lmz-gram\x02\x00\x00\x00aaaaaaaa"} {
		_, err := Read([]byte(foreign))
		require.Error(t, err)
	}
	arrays := int(align(uint64(prefixSize + len(headerText(data)))))
	used := map[int]bool{} // bytes of sections; the padding between them is unused
	at := arrays
	for _, a := range m.arrays() {
		for i := range *a.data {
			used[at+i] = true
		}
		at = int(align(uint64(at + len(*a.data))))
	}
	for i := 0; i < len(data); i += 7 {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		got, err := Read(bad)
		if err == nil && (used[i] || i < arrays-alignment) {
			require.Error(t, got.Verify(), "byte %d", i)
			exercise(got)
		}
	}
}

func headerText(data []byte) []byte {
	n := int(data[12]) | int(data[13])<<8 | int(data[14])<<16
	return data[prefixSize : prefixSize+n]
}

// exercise calls every method of a possibly damaged model, which may return nonsense.
func exercise(m *Model) {
	doc := []lm.Token{0, 1, 2, 3, 2, 3, 2, 1, lm.Token(m.Vocab() - 1), -1, 1 << 30, 0}
	m.Score(nil, doc)
	state := m.Start()
	for _, w := range doc {
		state.NextLogProbs(nil)
		state.Push(w)
	}
	for i, w := range doc {
		_, _ = m.Explain(doc[:min(i, 8)], w) // an error for invalid tokens
	}
}

func FuzzRead(f *testing.F) {
	for _, cfg := range []Config{{Order: 1}, {Order: 3}} {
		cfg.Vocab = 6
		m, _, err := Train([][]lm.Token{{1, 2, 3, 4, 1, 2, 3, 0}, {2, 3, 2, 3, 4, 0}}, cfg)
		require.NoError(f, err)
		f.Add(saved(f, m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= prefixSize { // a valid checksum, so that the fuzzer gets past the check
			data = bytes.Clone(data)
			n := min(uint64(binary.LittleEndian.Uint32(data[12:])), uint64(len(data)-prefixSize))
			binary.LittleEndian.PutUint32(data[16:],
				crc32.Checksum(data[prefixSize:prefixSize+int(n)], castagnoli))
		}
		if m, err := Read(data); err == nil && m.Vocab() < 1000 {
			exercise(m)
			_ = m.Verify()
		}
	})
}

// A header whose sizes differ from those of the arrays is refused, even with a valid checksum.
func TestLyingHeader(t *testing.T) {
	for name, lie := range map[string]func(m *Model){
		"more n-grams":   func(m *Model) { m.Grams[2]++ },
		"more bigrams":   func(m *Model) { m.Grams[1] += 64 },
		"negative":       func(m *Model) { m.Grams[1] = -1 },
		"other order":    func(m *Model) { m.Order = 4 },
		"no order":       func(m *Model) { m.Order = 0 },
		"other V":        func(m *Model) { m.Config.Vocab++ },
		"both V":         func(m *Model) { m.Config.Vocab++; m.Grams[0]++ },
		"wide field":     func(m *Model) { m.Shapes[0].Word = 60 },
		"negative field": func(m *Model) { m.Shapes[0].Child = -1 },
		"wider rows":     func(m *Model) { m.Shapes[1].Word++ },
		"no values":      func(m *Model) { m.Shapes[1].Word++; m.Shapes[1].Prob-- },
		"no counts":      func(m *Model) { m.counts[1].bits = nil },
		"fewer marks":    func(m *Model) { m.counts[2].marks = m.counts[2].marks[8:] },
		"one count table": func(m *Model) {
			m.CountShapes, m.counts = m.CountShapes[:1], m.counts[:1]
		},
		"fewer arrays": func(m *Model) { m.tables = m.tables[:1] },
	} {
		m, _ := mill(t, Config{Order: 3})
		lie(m)
		_, err := Read(saved(t, m))
		require.Error(t, err, name)
	}
}
