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

// The documents of the world and the costs of their words are the same in every version, because
// runs on disk and published figures refer to them.
func TestWorldNeverChanges(t *testing.T) {
	s := New(DefaultSeed).Split(1, 1_500_000, 20_000, 80_000)
	h := sha256.New()
	for _, part := range [][]corpus.Document{s.Train, s.Valid, s.Test} {
		for _, d := range part {
			io.WriteString(h, d.Text+d.End)
		}
	}
	sum := hex.EncodeToString(h.Sum(nil)) // a run on disk holds this hash
	require.Equal(t, "901b2889d84de2cf", sum[:16])
	require.Equal(t, "e3cf02d09152a051", digest(s.Valid))
	require.Equal(t, "9146857aff3e1d82", digest(s.Test))
	require.Equal(t, "b6f21bd00f42d16c", digest(New(4).Split(9, 30_000, 0, 0).Train))
}

// digest hashes texts and truth. It rounds to nine decimals, because the last bit of a logarithm
// depends on the processor.
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

// The reviews are also the same in every version, because published accuracies refer to them.
func TestReviewsNeverChange(t *testing.T) {
	r := NewReviews(DefaultSeed)
	s := r.Split(1, 20_000, 5_000, 5_000)
	require.Equal(t, "8117320396c47269", digest(s.Train))
	require.Equal(t, "c94f134052fff494", digest(s.Valid))
	h := sha256.New()
	for _, pool := range []Pool{Train, Dev, Test} {
		for _, review := range r.Labelled(1, pool, 100) {
			fmt.Fprintln(h, review.Text, review.Label, review.Domain, review.Polarity)
		}
		for _, o := range r.Occurrences(1, pool, 30) {
			fmt.Fprintln(h, o.Text, o.Word, o.At, o.Sense, o.Cues)
		}
	}
	require.Equal(t, "0e960166e737d2b1", hex.EncodeToString(h.Sum(nil))[:16])
}
