package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// floats returns the content of floats.safetensors, which testdata/write.py wrote.
func floats() (map[string]string, []Tensor) {
	sine := make([]float32, 6)
	for i := range sine {
		sine[i] = float32(0.1 * math.Sin(0.37*float64(i)))
	}
	return map[string]string{"note": `quotes " and <tags> & ümlaut 語`, "a": "first"}, []Tensor{
		{"h.0.attn.c_attn.weight", []int{2, 3}, sine},
		{"scalar", nil, []float32{-1.5}},
		{"empty", []int{0, 4}, nil},
		{"bias", []int{3}, []float32{float32(math.Inf(1)), float32(math.Copysign(0, -1)), 3.4e38}},
	}
}

func TestWritesWhatPythonWrites(t *testing.T) {
	want, err := os.ReadFile("testdata/floats.safetensors")
	require.NoError(t, err)
	metadata, tensors := floats()
	var got bytes.Buffer
	require.NoError(t, Write(&got, metadata, tensors))
	require.Equal(t, want, got.Bytes())
}

func TestReadsWhatPythonWrote(t *testing.T) {
	f := openFile(t, "testdata/floats.safetensors")
	metadata, tensors := floats()
	require.Equal(t, metadata, f.Metadata)
	require.Len(t, f.Tensors, len(tensors))
	for _, want := range tensors {
		got, err := f.Float32(want.Name)
		require.NoError(t, err)
		info, ok := f.Info(want.Name)
		require.True(t, ok)
		require.Equal(t, fmt.Sprint(want.Shape), fmt.Sprint(info.Shape))
		require.Len(t, got, len(want.Data))
		for i := range got {
			require.Equal(t, math.Float32bits(want.Data[i]), math.Float32bits(got[i]), "%s[%d]",
				want.Name, i)
		}
	}

	f = openFile(t, "testdata/types.safetensors")
	require.Nil(t, f.Metadata)
	inf := float32(math.Inf(1))
	for name, want := range map[string][]float32{
		"double": {math.Pi, -inf},
		"half":   {1.5, -2, 65504, 1.0 / (1 << 24), 0, -inf, 0.0999755859375},
		"brain":  {1.5, -2, inf},
	} {
		got, err := f.Float32(name)
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	_, err := f.Float32("mask")
	require.ErrorContains(t, err, "type BOOL")
	_, err = f.Float32("nobody")
	require.ErrorContains(t, err, "there is no tensor named nobody")
	require.Equal(t, []string{"double", "half", "brain", "mask"}, names(f),
		"in the order of the numbers")
}

func names(f *File) (out []string) {
	for _, t := range f.Tensors {
		out = append(out, t.Name)
	}
	return out
}

func openFile(t *testing.T, path string) *File {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return f
}

// TestRoundTrip checks that reading returns what was written, bit for bit, and that equal content
// gives equal bytes.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		var tensors []Tensor
		for _, name := range rapid.SliceOfNDistinct(
			rapid.StringMatching(`[a-zA-Z0-9_.é"\\<> ]{1,12}`), 0, 5, rapid.ID).Draw(t, "names") {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
			n := 1
			for _, d := range shape {
				n *= d
			}
			tensors = append(tensors, Tensor{name, shape, rapid.SliceOfN(rapid.Float32(), n,
				n).Draw(t, "data")})
		}
		var a, b bytes.Buffer
		require.NoError(t, Write(&a, metadata, tensors))
		require.NoError(t, Write(&b, metadata, tensors))
		require.Equal(t, a.Bytes(), b.Bytes())
		require.Zero(t, binary.LittleEndian.Uint64(a.Bytes())%8)

		f, err := Open(bytes.NewReader(a.Bytes()), int64(a.Len()))
		require.NoError(t, err)
		require.Len(t, f.Metadata, len(metadata))
		for k, v := range metadata {
			require.Equal(t, v, f.Metadata[k])
		}
		for _, want := range tensors {
			got, err := f.Float32(want.Name)
			require.NoError(t, err)
			require.Equal(t, append([]float32{}, want.Data...), got)
		}
	})
}

// file makes a file of a header and so many bytes of numbers.
func file(header string, room int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, room)...)
}

func TestRefusesLies(t *testing.T) {
	entry := func(name, dtype, shape, offsets string) string {
		return fmt.Sprintf(`"%s":{"dtype":"%s","shape":%s,"data_offsets":%s}`, name, dtype, shape,
			offsets)
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "at least 8", nil},
		{"a header longer than the file", "truncated",
			append(binary.LittleEndian.AppendUint64(nil, 100), "{}"...)},
		{"a header longer than any file", "truncated",
			append(binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "{}"...)},
		{"no JSON", "another kind of file", file("hello", 0)},
		{"no header", "another kind of file", file("", 0)},
		{"half a header", "unexpected EOF", file(`{"a":`, 0)},
		{"two headers", "trailing data", file(`{}{}`, 0)},
		{"an array", "another kind", file(`[]`, 0)},
		{"a hole", "begins at byte 4; want 0", file("{"+entry("a", "F32", "[1]", "[4,8]")+"}", 8)},
		{"an overlap", "begins at byte 0; want 4",
			file("{"+entry("a", "F32", "[1]", "[0,4]")+","+entry("b", "F32", "[1]", "[0,4]")+"}",
				8)},
		{"bytes left over", "want 4", file("{"+entry("a", "F32", "[1]", "[0,4]")+"}", 5)},
		{"too few bytes", "bytes 0 to 4 of 3", file("{"+entry("a", "F32", "[1]", "[0,4]")+"}", 3)},
		{"backwards", "bytes 4 to 0", file("{"+entry("a", "F32", "[1]", "[4,0]")+"}", 4)},
		{"before the beginning", "bytes -4 to 0", file("{"+entry("a", "F32", "[1]", "[-4,0]")+"}",
			4)},
		{"another shape", "want the size", file("{"+entry("a", "F32", "[2]", "[0,4]")+"}", 4)},
		{"more bytes than the shape", "want the size",
			file("{"+entry("a", "F32", "[1]", "[0,8]")+"}", 8)},
		{"a negative shape", "want the size", file("{"+entry("a", "F32", "[-1,-1]", "[0,4]")+"}",
			4)},
		{"a negative shape of nothing", "want the size",
			file("{"+entry("a", "F32", "[0,-1]", "[0,0]")+"}", 0)},
		{"a shape that overflows", "want the size",
			file("{"+entry("a", "F32", "[4294967296,4294967296]", "[0,0]")+"}", 0)},
		{"a shape that overflows to its size", "want the size",
			file("{"+entry("a", "F32", "[9223372036854775807,2,9223372036854775807]", "[0,8]")+"}",
				8)},
		{"a fraction", "cannot unmarshal", file("{"+entry("a", "F32", "[0.5]", "[0,0]")+"}", 0)},
		{"no shape", "shape: unexpected end", file(`{"a":{"dtype":"F32","data_offsets":[0,0]}}`,
			0)},
		{"a shape of null", "want a shape", file("{"+entry("a", "F32", "null", "[0,0]")+"}", 0)},
		{"a Shape", "shape: unexpected end",
			file(`{"a":{"dtype":"F32","Shape":[0],"data_offsets":[0,0]}}`, 0)},
		{"three offsets", "two data_offsets", file("{"+entry("a", "F32", "[0]", "[0,0,0]")+"}", 0)},
		{"an unknown type", `unknown type "F33"`, file("{"+entry("a", "F33", "[0]", "[0,0]")+"}",
			0)},
		{"a name twice", `"a" occurs twice`,
			file("{"+entry("a", "F32", "[0]", "[0,0]")+","+entry("a",
				"F32", "[0]", "[0,0]")+"}", 0)},
		{"no name", "no name", file("{"+entry("", "F32", "[0]", "[0,0]")+"}", 0)},
		{"a bell in a name", "control character",
			file("{"+entry(`\u0007`, "F32", "[0]", "[0,0]")+"}", 0)},
		{"metadata of numbers", "want strings by name", file(`{"__metadata__":{"a":1}}`, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(bytes.NewReader(c.data), int64(len(c.data)))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		want    string
		tensors []Tensor
	}{
		{"has no name", []Tensor{{"", []int{1}, one}}},
		{"cannot be named __metadata__", []Tensor{{"__metadata__", []int{1}, one}}},
		{"two tensors are named a", []Tensor{{"a", []int{1}, one}, {"a", []int{1}, one}}},
		{"shape [2] and 1 numbers", []Tensor{{"a", []int{2}, one}}},
		{"shape [-1]", []Tensor{{"a", []int{-1}, one}}},
		{"not UTF-8", []Tensor{{"\xff", []int{1}, one}}},
		{"5000 bytes", []Tensor{{strings.Repeat("a", 5000), []int{1}, one}}},
	} {
		require.ErrorContains(t, Write(io.Discard, nil, c.tensors), c.want)
	}
	require.ErrorContains(t, Write(io.Discard, map[string]string{"\xff": ""}, nil), "not UTF-8")
}

// TestWriteReportsAFullDisk checks that Write reports the failure of any write.
func TestWriteReportsAFullDisk(t *testing.T) {
	full := errors.New("full")
	metadata, tensors := floats()
	for n := range 5 {
		require.ErrorIs(t, Write(&failing{n, full}, metadata, tensors), full)
	}
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.after == 0 {
		return 0, f.err
	}
	f.after--
	return len(p), nil
}

// FuzzOpen checks that no file makes the reader panic or announce more numbers than the file has
// bytes.
func FuzzOpen(f *testing.F) {
	for _, path := range []string{"testdata/floats.safetensors", "testdata/types.safetensors"} {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
		f.Add(data[:len(data)-3])
	}
	f.Add(file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0))
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<40))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		total := 0
		for _, info := range file.Tensors {
			n := 1
			for _, d := range info.Shape {
				n *= d
			}
			require.Equal(t, n, info.Len())
			total += n
			if x, err := file.Float32(info.Name); err == nil {
				require.Len(t, x, n)
			}
		}
		require.LessOrEqual(t, total, len(data))
	})
}

func Example() {
	var b bytes.Buffer
	_ = Write(&b, map[string]string{"step": "42"},
		[]Tensor{{"weight", []int{1, 2}, []float32{0.5, -1}}})
	header := b.Bytes()[8:]
	fmt.Println(b.Bytes()[:8])
	fmt.Println(strings.TrimSpace(string(header[:len(header)-8])))
	fmt.Println(header[len(header)-8:])
	// Output:
	// [96 0 0 0 0 0 0 0]
	// {"__metadata__":{"step":"42"},"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}
	// [0 0 0 63 0 0 128 191]
}
