package refine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// exact is the survey that removes a document if an earlier one has the same text.
type exact struct{ removed removals }

func (*exact) Name() string { return Exact }

// Keys returns 64 bits of the SHA-256 of the text.
func (*exact) Keys(dst []uint64, d *Document) []uint64 {
	sum := sha256.Sum256([]byte(d.flat()))
	return append(dst, binary.LittleEndian.Uint64(sum[:]))
}

// Settle compares the texts of each group with the first, so that a hash collision removes nothing.
func (e *exact) Settle(ctx context.Context, g *groups, docs *store) error {
	e.removed = newRemovals(docs.n)
	var key uint64
	var first *Document
	for m, err := range g.all() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if first == nil || m.key != key {
			key, first = m.key, &Document{at: int(m.doc), bytes: -1}
			continue
		}
		if first.bytes < 0 {
			if first, err = docs.document(first.at); err != nil {
				return err
			}
		}
		d, err := docs.document(int(m.doc))
		if err != nil {
			return err
		}
		if d.flat() == first.flat() {
			e.removed.add(d.at, "same as "+first.Source)
		}
	}
	return nil
}

func (e *exact) Apply(d *Document) {
	if why, ok := e.removed.of(d.at); ok {
		d.Remove("same text", why)
	}
}

// removals is a set of documents, with the reasons for the first few.
type removals struct {
	bits  []uint64
	first []int // positions, sorted
	why   []string
}

func newRemovals(n int) removals { return removals{bits: make([]uint64, n/64+1)} }

func (r *removals) add(at int, why string) {
	r.bits[at/64] |= 1 << (at % 64)
	i, _ := slices.BinarySearch(r.first, at)
	if i == MaxExamples {
		return
	}
	r.first, r.why = slices.Insert(r.first, i, at), slices.Insert(r.why, i, why)
	if len(r.first) > MaxExamples {
		r.first, r.why = r.first[:MaxExamples], r.why[:MaxExamples]
	}
}

func (r *removals) of(at int) (why string, ok bool) {
	if r.bits[at/64]>>(at%64)&1 == 0 {
		return "", false
	}
	if i, found := slices.BinarySearch(r.first, at); found {
		why = r.why[i]
	}
	return why, true
}
