package compress_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
	"lmzoo/lm/compress"
	"lmzoo/lm/lmtest"
)

var ctx = context.Background()

// bytewise is the smallest lossless tokenizer: token = byte + 1.
type bytewise struct{}

func (bytewise) Name() string { return "byte" }
func (bytewise) Encode(dst []lm.Token, text string) []lm.Token {
	for i := range len(text) {
		dst = append(dst, lm.Token(text[i])+1)
	}
	return dst
}
func (bytewise) Decode(tokens []lm.Token) string {
	var b strings.Builder
	for _, t := range tokens {
		if t > 0 && t <= 256 {
			b.WriteByte(byte(t - 1))
		}
	}
	return b.String()
}

// words reproduces only known words.
type words struct{ bytewise }

func (words) Name() string                    { return "whitespace" }
func (words) Decode(tokens []lm.Token) string { return "<unk>" }

// adaptive counts the bytes of the document so far: P(v) = (c(v) + 1) / (n + 257), Laplace's rule.
type adaptive struct{}

func (adaptive) Vocab() int { return 257 }
func (adaptive) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	s := adaptive{}.Start()
	for _, t := range lm.SinceBOS(context) {
		s.Push(t)
	}
	return s.NextLogProbs(dst)
}
func (adaptive) Start() lm.State { return new(counts) }

type counts struct {
	c [257]float64
	n float64
}

func (s *counts) NextLogProbs(dst []float64) []float64 {
	dst = lm.Grow(dst, 257)
	for v, c := range s.c {
		dst[v] = math.Log((c + 1) / (s.n + 257))
	}
	return dst
}
func (s *counts) Push(t lm.Token) {
	if t == lm.BOS {
		*s = counts{}
		return
	}
	s.c[t]++
	s.n++
}
func (s *counts) Clone() lm.State { c := *s; return &c }

func pack(t require.TestingT, m lm.Model, tok compress.Tokenizer,
	data string) ([]byte, compress.Stats) {
	var b bytes.Buffer
	stats, err := compress.Compress(ctx, &b, m, tok, []byte(data), compress.Options{Meta: "toy"})
	require.NoError(t, err)
	require.Equal(t, stats.Header+stats.Payload, b.Len())
	require.Equal(t, len(data), stats.Bytes)
	return b.Bytes(), stats
}

func unpack(m lm.Model, tok compress.Tokenizer, file []byte) (string, error) {
	data, err := compress.Decompress(ctx, bytes.NewReader(file),
		func(meta string) (lm.Model, compress.Tokenizer, error) {
			if meta != "toy" {
				return nil, nil, fmt.Errorf("no model %q", meta)
			}
			return m, tok, nil
		}, nil)
	return string(data), err
}

// anyModel draws a model over 257 tokens: uniform, skewed, with impossible tokens, or counting.
func anyModel(t *rapid.T) lm.Model {
	switch rapid.IntRange(0, 3).Draw(t, "model") {
	case 0:
		return lm.Uniform(257)
	case 1:
		return adaptive{}
	}
	f := make(lmtest.Die, 257)
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	sharp, sum := rapid.Float64Range(0, 60).Draw(t, "sharp"), 0.0
	for v := range f {
		f[v] = math.Exp(sharp * rng.NormFloat64())
		if rng.IntN(10) == 0 {
			f[v] = 0
		}
		sum += f[v]
	}
	for v := range f {
		f[v] /= sum
	}
	return f
}

// lastTakes is the maximum excess of the last of 257 tokens over its probability: less than one
// point out of 2³² from each other token, and 16 points that remain from dividing the interval.
const lastTakes = (257.0 + 16) / (1 << 32)

// TestRoundTrip: every byte string is reproduced with every model, and takes as many bits as its
// surprisal.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t)
		data := string(rapid.SliceOfN(rapid.Byte(), 0, 150).Draw(t, "data"))
		tok := compress.Documents(bytewise{},
			rapid.SampledFrom([]string{"", "\n", "\n\n", "ab"}).Draw(t, "end"))
		file, stats := pack(t, m, tok, data)
		back, err := unpack(m, tok, file)
		require.NoError(t, err)
		require.Equal(t, data, back)

		surprise, floor, least := 0.0, 0.0, 0.0
		for _, p := range lm.Score(m, tok.Encode(nil, data)) {
			surprise -= p / math.Ln2
			// a token with a probability below 2^−32 still gets one point
			floor += min(-p/math.Ln2, 32)
			// and the last token gets what remains from rounding the others
			least -= math.Log2(math.Exp(p) + lastTakes)
		}
		if !math.IsInf(surprise, 1) {
			require.InDelta(t, surprise, stats.Bits, 1e-6*surprise+1e-9)
			require.LessOrEqual(t, float64(stats.Payload), surprise/8+2)
		}
		require.LessOrEqual(t, float64(stats.Payload), floor/8+2)
		require.GreaterOrEqual(t, float64(stats.Payload), least/8*(1-1e-3)-1)
	})
}

func TestEmpty(t *testing.T) {
	file, stats := pack(t, adaptive{}, bytewise{}, "")
	require.Zero(t, stats.Payload)
	back, err := unpack(adaptive{}, bytewise{}, file)
	require.NoError(t, err)
	require.Empty(t, back)
}

// TestDie: a fair die of 2^k faces takes k bits, exactly: 1000 bytes of 8 bits, and two final bits.
func TestDie(t *testing.T) {
	f := make(lmtest.Die, 257)
	for v := 1; v <= 256; v++ {
		f[v] = 1.0 / 256
	}
	_, stats := pack(t, f, bytewise{}, strings.Repeat("\x00\xff", 500))
	require.InDelta(t, 8000, stats.Bits, 1e-6)
	require.InDelta(t, 1000, stats.Payload, 1)
}

// TestBiasedCoin: 1000 flips, of which 900 are heads, under a model with P(head) = 0.9 take 469
// bits, H(0.9) each.
func TestBiasedCoin(t *testing.T) {
	f := make(lmtest.Die, 257)
	f['h'+1], f['t'+1] = 0.9, 0.1
	data := strings.Repeat("hhhhhhhhht", 100)
	file, stats := pack(t, f, bytewise{}, data)
	want := -(900*math.Log2(0.9) + 100*math.Log2(0.1))
	require.InDelta(t, want, stats.Bits, 1e-6)
	require.InDelta(t, want/8, stats.Payload, 2)
	back, err := unpack(f, bytewise{}, file)
	require.NoError(t, err)
	require.Equal(t, data, back)
}

// TestLaplace: by Laplace's rule, a text of n equal bytes has the probability n! 256! / (n+256)!.
func TestLaplace(t *testing.T) {
	_, stats := pack(t, adaptive{}, bytewise{}, strings.Repeat("a", 1000))
	lg := func(n float64) float64 { v, _ := math.Lgamma(n + 1); return v }
	want := (lg(1256) - lg(1000) - lg(256)) / math.Ln2
	require.InDelta(t, want, stats.Bits, 1e-6)
	require.InDelta(t, want/8, stats.Payload, 2)
}

// TestImpossible checks that a token of probability 0 costs 32 bits and is decoded.
func TestImpossible(t *testing.T) {
	f := make(lmtest.Die, 257)
	f['a'+1] = 1
	file, stats := pack(t, f, bytewise{}, strings.Repeat("a", 1000)+"b"+strings.Repeat("a", 1000))
	require.InDelta(t, 4, stats.Payload, 2)
	require.True(t, math.IsInf(stats.Bits, 1))
	back, err := unpack(f, bytewise{}, file)
	require.NoError(t, err)
	require.Equal(t, 2001, len(back))

	none := make(lmtest.Die, 257)
	file, _ = pack(t, none, bytewise{}, "a model that rules out everything")
	back, err = unpack(none, bytewise{}, file)
	require.NoError(t, err)
	require.Equal(t, "a model that rules out everything", back)
}

// wide encodes text with one token per pair of bytes, out of 65,537.
type wide struct{}

func (wide) Name() string { return "wide" }
func (wide) Encode(dst []lm.Token, text string) []lm.Token {
	for i := 0; i+1 < len(text); i += 2 {
		dst = append(dst, 1+(lm.Token(text[i])<<8|lm.Token(text[i+1])))
	}
	return dst
}
func (wide) Decode(tokens []lm.Token) string {
	var b []byte
	for _, t := range tokens {
		b = append(b, byte((t-1)>>8), byte(t-1))
	}
	return string(b)
}

// TestWideVocabulary: with 65,537 tokens, rounding to points still costs less than a tenth of a
// percent, even if tokens are nearly certain.
func TestWideVocabulary(t *testing.T) {
	f := make(lmtest.Die, 1<<16+1)
	for v := range f {
		f[v] = 0.01 / float64(len(f)-1)
	}
	favourite := 1 + (lm.Token('t')<<8 | lm.Token('h'))
	f[favourite] = 0.99
	data := strings.Repeat("th", 400) + "xy" + strings.Repeat("th", 99)
	file, stats := pack(t, f, wide{}, data)
	want := -499*math.Log2(0.99) - math.Log2(0.01/65536)
	require.InEpsilon(t, want, stats.Bits, 1e-6)
	require.LessOrEqual(t, float64(stats.Payload), want*1.001/8+1.25)
	back, err := unpack(f, wide{}, file)
	require.NoError(t, err)
	require.Equal(t, data, back)
}

func TestCompressRefuses(t *testing.T) {
	fail := func(m lm.Model, tok compress.Tokenizer, says string) {
		t.Helper()
		var b bytes.Buffer
		_, err := compress.Compress(ctx, &b, m, tok, []byte("some text"), compress.Options{})
		require.ErrorContains(t, err, says)
		require.Zero(t, b.Len())
	}
	fail(adaptive{}, words{}, `the tokenizer "whitespace" does not reproduce this text`)
	fail(lm.Uniform(100), bytewise{}, "the model has 100 tokens")
	nan := make(lmtest.Die, 257)
	nan[7] = math.NaN()
	fail(nan, bytewise{}, "token 7 has ln P = NaN")

	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err := compress.Compress(stopped, &bytes.Buffer{}, adaptive{}, bytewise{}, []byte("x"),
		compress.Options{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = compress.Compress(ctx, full{}, adaptive{}, bytewise{}, []byte("x"), compress.Options{})
	require.ErrorContains(t, err, "no space left")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestEveryDamage checks that every flipped bit, every truncation and every appended byte is an
// error.
func TestEveryDamage(t *testing.T) {
	file, _ := pack(t, adaptive{}, bytewise{}, "a text to damage in many ways")
	for i := range file {
		_, err := unpack(adaptive{}, bytewise{}, file[:i])
		require.Error(t, err, "cut after %d bytes", i)
		for bit := range 8 {
			file[i] ^= 1 << bit
			_, err := unpack(adaptive{}, bytewise{}, file)
			require.Error(t, err, "bit %d of byte %d flipped", bit, i)
			file[i] ^= 1 << bit
		}
	}
	_, err := unpack(adaptive{}, bytewise{}, file[:len(file)-5])
	require.ErrorContains(t, err, "it ends after",
		"noticed where the code ends, not at the end of the work")
	for _, more := range []string{"\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00", "x"} {
		_, err := unpack(adaptive{}, bytewise{}, append(bytes.Clone(file), more...))
		require.ErrorIs(t, err, compress.ErrDamaged)
		require.ErrorContains(t, err, "follow its end")
	}
	_, err = unpack(adaptive{}, bytewise{}, []byte("#!/bin/sh"))
	require.ErrorContains(t, err, "not a compressed file")
	_, err = unpack(adaptive{}, bytewise{}, []byte("lmz\x02"))
	require.ErrorContains(t, err, "version 2")
}

// TestOtherModel: the named model must exist and must be the same.
func TestOtherModel(t *testing.T) {
	var b bytes.Buffer
	_, err := compress.Compress(ctx, &b, adaptive{}, bytewise{}, []byte("text"),
		compress.Options{Meta: "gpt"})
	require.NoError(t, err)
	_, err = unpack(adaptive{}, bytewise{}, b.Bytes())
	require.EqualError(t, err, `no model "gpt"`)

	file, _ := pack(t, adaptive{}, bytewise{}, "some longer text, so that it is noticed")
	_, err = unpack(lm.Uniform(257), bytewise{}, file)
	require.ErrorIs(t, err, compress.ErrDamaged)
}

func TestProgress(t *testing.T) {
	last := -1
	follow := func(done, total int) {
		require.Equal(t, 1000, total)
		require.Greater(t, done, last)
		last = done
	}
	var b bytes.Buffer
	_, err := compress.Compress(ctx, &b, adaptive{}, bytewise{}, make([]byte, 1000),
		compress.Options{Progress: follow})
	require.NoError(t, err)
	require.Equal(t, 1000, last)
	last = -1
	_, err = compress.Decompress(ctx, &b,
		func(string) (lm.Model, compress.Tokenizer, error) { return adaptive{}, bytewise{}, nil },
		follow)
	require.NoError(t, err)
	require.Equal(t, 1000, last)
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("\xff\xfe\x00 text\r\n\n"))
	f.Add(bytes.Repeat([]byte("ab"), 300))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok := compress.Documents(bytewise{}, "\n")
		file, _ := pack(t, adaptive{}, tok, string(data))
		back, err := unpack(adaptive{}, tok, file)
		require.NoError(t, err)
		require.Equal(t, string(data), back)
	})
}

// FuzzDecompress reads files with valid headers and arbitrary code: the result is an error or a
// text of the right length.
func FuzzDecompress(f *testing.F) {
	f.Add(uint16(3), uint16(3), []byte("abc"))
	f.Add(uint16(1000), uint16(8000), []byte{})
	f.Add(uint16(0), uint16(0), []byte{1})
	f.Add(uint16(9), uint16(9), bytes.Repeat([]byte{0xff}, 50))
	f.Fuzz(func(t *testing.T, size, tokens uint16, payload []byte) {
		b := append([]byte("lmz\x01"), 3, 't', 'o', 'y')
		b = binary.AppendUvarint(b, uint64(size))
		b = binary.AppendUvarint(b, uint64(tokens))
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
		data, err := unpack(adaptive{}, bytewise{}, append(b, payload...))
		if err != nil {
			require.Empty(t, data)
		}
		_, _ = unpack(adaptive{}, bytewise{}, payload)
		_, _ = unpack(adaptive{}, bytewise{}, append([]byte("lmz\x01"), payload...))
	})
}

// The size of a compressed string depends on its surprisal: repetition is cheap for a model that
// counts, and noise is not.
func ExampleCompress() {
	for _, text := range []string{strings.Repeat("banana ", 100),
		"The quick brown fox jumps over the lazy dog."} {
		var file bytes.Buffer
		stats, _ := compress.Compress(context.Background(), &file, adaptive{}, bytewise{},
			[]byte(text), compress.Options{})
		fmt.Printf("%d bytes: %.0f bits of surprise in %d bytes\n", stats.Bytes, stats.Bits,
			stats.Payload)
	}
	// Output:
	// 700 bytes: 2072 bits of surprise in 260 bytes
	// 44 bytes: 332 bits of surprise in 42 bytes
}

func BenchmarkCompress(b *testing.B) {
	data := bytes.Repeat([]byte("banana "), 100)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := compress.Size(ctx, adaptive{}, bytewise{}, data,
			compress.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
