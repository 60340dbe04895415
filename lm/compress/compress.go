// Package compress turns any causal language model into a compressor. A token that the model
// predicts well costs few bits, so the file takes −Σ log2 P bits, the surprisal of the text
// (Shannon 1948; Witten, Neal & Cleary 1987). A perplexity may be wrong because of a mistake in
// counting, but not the size of a file that decompresses.
package compress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"lmzoo/lm"
)

// Tokenizer is a lossless tokenizer: Decode(Encode(nil, s)) == s.
type Tokenizer interface {
	Name() string
	Encode(dst []lm.Token, text string) []lm.Token
	Decode(tokens []lm.Token) string
}

// Options configures Compress.
type Options struct {
	Meta     string                // name of the model; Decompress passes it to lookup
	Progress func(done, total int) // tokens coded so far
}

// Stats describes a compressed file.
type Stats struct {
	Bytes   int     // size of the data
	Tokens  int     // number of tokens of the data
	Bits    float64 // −Σ log2 P of the tokens; +Inf if one has P = 0
	Header  int     // bytes of the file before the code
	Payload int     // bytes of the code: at most Bits/8 + 2
}

// Compress writes data to w, coded with the probabilities of m. Decompression needs the same model,
// bit for bit. Floating-point results may differ between kinds of processors, so decompress a file
// on the kind of processor that compressed it.
func Compress(
	ctx context.Context, w io.Writer, m lm.Model, tok Tokenizer, data []byte, opt Options,
) (Stats, error) {
	tokens, err := encodable(m, tok, string(data))
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Bytes: len(data), Tokens: len(tokens)}
	e, state, share := newEncoder(), lm.Start(m), shares{}
	for i, t := range tokens {
		if err := tick(ctx, opt.Progress, i, len(tokens)); err != nil {
			return Stats{}, err
		}
		if err := share.next(state, m.Vocab()); err != nil {
			return Stats{}, fmt.Errorf("token %d: %w", i+1, err)
		}
		stats.Bits += share.bits(t)
		e.encode(share.of(t))
		state.Push(t)
	}
	var payload []byte
	if len(tokens) > 0 {
		payload = e.flush()
	}
	head := header{
		meta: opt.Meta, bytes: uint64(len(data)), tokens: uint64(len(tokens)),
		sum: crc32.ChecksumIEEE(data),
	}.marshal()
	stats.Header, stats.Payload = len(head), len(payload)
	if _, err := w.Write(head); err != nil {
		return Stats{}, err
	}
	if _, err := w.Write(payload); err != nil {
		return Stats{}, err
	}
	return stats, tick(ctx, opt.Progress, len(tokens), len(tokens))
}

// encodable returns the tokens of text if they decode to it.
func encodable(m lm.Model, tok Tokenizer, text string) ([]lm.Token, error) {
	if len(text) > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes are too many for one file; compress parts of at most 2 GB",
			len(text))
	}
	tokens := tok.Encode(nil, text)
	for i, t := range tokens {
		if t < 0 || int(t) >= m.Vocab() {
			return nil, fmt.Errorf("token %d has the id %d in the tokenizer %q, but the model has "+
				"%d tokens; use the tokenizer that the model was trained with",
				i+1, t, tok.Name(), m.Vocab())
		}
	}
	if len(tokens) > maxTokens(uint64(len(text))) || tok.Decode(tokens) != text {
		return nil, fmt.Errorf("the tokenizer %q does not reproduce this text (a closed "+
			"vocabulary drops spacing and unknown words); use a model over bytes, "+
			"characters, words or BPE",
			tok.Name())
	}
	return tokens, nil
}

// maxTokens bounds the number of tokens of a text by its bytes, so that a damaged file cannot cause
// endless work.
func maxTokens(bytes uint64) int { return int(min(8*bytes, math.MaxInt)) }

// ErrDamaged is wrapped by every error for a file that has changed since it was written.
var ErrDamaged = errors.New("the compressed file is damaged")

// Decompress reads a file that Compress wrote. lookup returns the model and the tokenizer that the
// file's Meta names, or an error. If the file is truncated, changed or was written with another
// model, Decompress returns an error and no data.
func Decompress(
	ctx context.Context, r io.Reader, lookup func(meta string) (lm.Model, Tokenizer, error),
	progress func(done, total int),
) ([]byte, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	head, payload, err := unmarshal(file)
	if err != nil {
		return nil, err
	}
	m, tok, err := lookup(head.meta)
	if err != nil {
		return nil, err
	}
	tokens, err := decode(ctx, m, payload, int(head.tokens), progress)
	if err != nil {
		return nil, err
	}
	data := []byte(tok.Decode(tokens))
	if uint64(len(data)) != head.bytes || crc32.ChecksumIEEE(data) != head.sum {
		return nil, fmt.Errorf("%w, or the model differs from the one that wrote it: the checksum "+
			"of the text is wrong", ErrDamaged)
	}
	return data, nil
}

// decode reads n tokens from a payload.
func decode(
	ctx context.Context, m lm.Model, payload []byte, n int, progress func(done, total int),
) ([]lm.Token, error) {
	if n == 0 {
		if len(payload) > 0 {
			return nil, fmt.Errorf("%w: %d bytes follow its end", ErrDamaged, len(payload))
		}
		return nil, nil
	}
	d, state, share := newDecoder(payload), lm.Start(m), shares{}
	again := newEncoder() // encodes the same tokens, to detect any changed bit
	var tokens []lm.Token
	for i := range n {
		if err := tick(ctx, progress, i, n); err != nil {
			return nil, err
		}
		if err := share.next(state, m.Vocab()); err != nil {
			return nil, fmt.Errorf("token %d: %w", i+1, err)
		}
		t, from, to := share.at(d.target())
		d.decode(from, to)
		again.encode(from, to)
		if codedBytes(d.shifts) > len(payload) {
			return nil, fmt.Errorf("%w: it ends after %d of %d tokens", ErrDamaged, i, n)
		}
		tokens = append(tokens, t)
		state.Push(t)
	}
	if extra := len(payload) - codedBytes(d.shifts); extra > 0 {
		return nil, fmt.Errorf("%w: %d bytes follow its end", ErrDamaged, extra)
	}
	if !bytes.Equal(again.flush(), payload) {
		return nil, fmt.Errorf("%w: its last bits are wrong", ErrDamaged)
	}
	return tokens, tick(ctx, progress, n, n)
}

// tick checks ctx and reports progress at intervals.
func tick(ctx context.Context, progress func(done, total int), i, n int) error {
	if i%64 != 0 && i != n {
		return nil
	}
	if progress != nil {
		progress(i, n)
	}
	return ctx.Err()
}

// Size returns the number of bytes that Compress would write.
func Size(ctx context.Context, m lm.Model, tok Tokenizer, data []byte, opt Options) (int, error) {
	var b bytes.Buffer
	_, err := Compress(ctx, &b, m, tok, data, opt)
	return b.Len(), err
}
