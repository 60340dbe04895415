package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

// The documents of the world, and what their words cost, are the same in every version: runs on disk
// and published figures refer to them.
func TestWorldNeverChanges(t *testing.T) {
	s := New(DefaultSeed).Split(1, 1_500_000, 20_000, 80_000)
	h := sha256.New()
	for _, part := range [][]corpus.Document{s.Train, s.Valid, s.Test} {
		for _, d := range part {
			io.WriteString(h, d.Text+d.End)
		}
	}
	require.Equal(t, "901b2889d84de2cf", hex.EncodeToString(h.Sum(nil))[:16]) // zoo stores this hash in a run
	require.Equal(t, "e3cf02d09152a051", digest(s.Valid))
	require.Equal(t, "9146857aff3e1d82", digest(s.Test))
	require.Equal(t, "b6f21bd00f42d16c", digest(New(4).Split(9, 30_000, 0, 0).Train))
}

// digest hashes texts and truth. Nine decimals, because the last bit of a logarithm depends on the processor.
func digest(docs []corpus.Document) string {
	h := sha256.New()
	for _, d := range docs {
		fmt.Fprintf(h, "%d %s%s", len(d.Text), d.Text, d.End)
		for _, e := range d.Truth {
			fmt.Fprintf(h, "%d %.9f %.9f %s\n", e.Bytes, e.Nats, e.Entropy, e.Class)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
