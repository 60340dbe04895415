package refine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// near is the survey that removes a document if the similarity of its shingles to those of any
// earlier document, kept or not, is at least a threshold. Candidates share a band of their MinHash
// signatures (Lee et al. 2022, §4.2) and are verified by their exact similarity. Duplicates do not
// form chains: a text that drifts in small steps loses only the versions that are close to an
// earlier one.
type near struct {
	threshold float64
	hash      *minHash
	temp      string
	memory    int64
	threads   int

	removed removals
	crowded int // number of bands that more than maxGroup documents share
}

// maxGroup is the number of documents of a band, the earliest ones, with which later documents are
// compared. Without a bound, a million pages of one template would be compared in pairs.
const maxGroup = 16

// foundAt is the probability with which a pair at the threshold must become a candidate.
const foundAt = 0.99

func newNear(threshold float64, hashes int, temp string, memory int64, threads int) *near {
	return &near{threshold: threshold, hash: newMinHash(Bands(threshold, foundAt, hashes)),
		temp: temp, memory: memory, threads: threads}
}

func (*near) Name() string { return Near }

// facts describes the bands.
func (n *near) facts() []string {
	b, r := n.hash.bands, n.hash.rows
	facts := []string{
		fmt.Sprintf("similarity of %d-token shingles at least %g; %d bands of %d rows, which find "+
			"a pair at the threshold with probability 1 - (1 - %g^%d)^%d = %.4f", shingleTokens,
			n.threshold, b, r, n.threshold, r, b, FoundWith(n.threshold, b, r)),
	}
	if n.crowded > 0 {
		facts = append(facts, fmt.Sprintf("bands shared by more than %d documents: %d; only the "+
			"first of these were compared", maxGroup, n.crowded))
	}
	return facts
}

func (n *near) Keys(dst []uint64, d *Document) []uint64 {
	shingles := Shingles(d.Text)
	if len(shingles) == 0 {
		return dst
	}
	return n.hash.keys(dst, n.hash.signature(shingles))
}

// Settle turns the groups into pairs of candidates, ordered by the later document, and verifies
// them.
func (n *near) Settle(ctx context.Context, g *groups, docs *store) error {
	n.removed = newRemovals(docs.n)
	pairs := newGroups(n.temp, n.memory)
	defer pairs.close()
	var key uint64
	var earlier []uint64
	for m, err := range g.all() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if m.key != key {
			key, earlier = m.key, earlier[:0]
		}
		for _, e := range earlier {
			if err := pairs.add(m.doc, e); err != nil {
				return err
			}
		}
		if len(earlier) < maxGroup {
			if earlier = append(earlier, m.doc); len(earlier) == maxGroup {
				n.crowded++
			}
		}
	}
	return n.verify(ctx, pairs, docs)
}

// candidates holds a document and the earlier documents that it may duplicate, those with the most
// common bands first.
type candidates struct {
	doc     int
	earlier []int
}

// later groups pairs by their later document.
func later(pairs *groups) iter.Seq2[candidates, error] {
	return func(yield func(candidates, error) bool) {
		c, shared := candidates{doc: -1}, map[int]int{}
		flush := func() bool {
			if c.doc < 0 {
				return true
			}
			slices.SortStableFunc(c.earlier, func(a, b int) int { return shared[b] - shared[a] })
			out := c
			c.earlier = nil
			clear(shared)
			return yield(out, nil)
		}
		for m, err := range pairs.all() {
			if err != nil {
				yield(candidates{}, err)
				return
			}
			if int(m.key) != c.doc {
				if !flush() {
					return
				}
				c.doc = int(m.key)
			}
			if shared[int(m.doc)]++; shared[int(m.doc)] == 1 {
				c.earlier = append(c.earlier, int(m.doc))
			}
		}
		flush()
	}
}

// verify makes the decision for every document with candidates. The decisions are independent, so
// they are made on several threads.
func (n *near) verify(ctx context.Context, pairs *groups, docs *store) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan candidates)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(n.threads, 1) {
		wg.Go(func() {
			cache := newSets(docs, n.memory/int64(4*max(n.threads, 1)))
			for c := range jobs {
				why, err := n.duplicate(cache, c)
				if err != nil {
					cancel(err)
				}
				if why != "" {
					mu.Lock()
					n.removed.add(c.doc, why)
					mu.Unlock()
				}
			}
		})
	}
	for c, err := range later(pairs) {
		if err != nil {
			cancel(err)
		}
		if ctx.Err() != nil {
			break
		}
		jobs <- c
	}
	close(jobs)
	wg.Wait()
	return context.Cause(ctx)
}

// duplicate returns the reason why a document is a duplicate, or "".
func (n *near) duplicate(cache *sets, c candidates) (string, error) {
	own, err := cache.of(c.doc)
	if err != nil {
		return "", err
	}
	for _, e := range c.earlier {
		other, err := cache.of(e)
		if err != nil {
			return "", err
		}
		if s := Jaccard(own.shingles, other.shingles); s >= n.threshold {
			return fmt.Sprintf("%.2f like %s", s, other.source), nil
		}
	}
	return "", nil
}

func (n *near) Apply(d *Document) {
	if why, ok := n.removed.of(d.at); ok {
		d.Remove("near duplicate", why)
	}
}

// sets caches the shingles of documents in bounded memory.
type sets struct {
	docs        *store
	held        map[int]shingled
	size, limit int64
}

type shingled struct {
	shingles []uint64
	source   string
}

func newSets(docs *store, limit int64) *sets {
	return &sets{docs: docs, held: map[int]shingled{}, limit: limit}
}

func (c *sets) of(i int) (shingled, error) {
	if s, ok := c.held[i]; ok {
		return s, nil
	}
	d, err := c.docs.document(i)
	if err != nil {
		return shingled{}, err
	}
	s := shingled{slices.Clip(Shingles(d.Text)), d.Source}
	if c.size += int64(8*len(s.shingles)) + 100; c.size > c.limit {
		clear(c.held)
		c.size = 0
	}
	c.held[i] = s
	return s, nil
}
