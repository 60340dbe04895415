package refine

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
)

// member is a document that has a key.
type member struct{ key, doc uint64 }

func byKey(a, b member) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.doc, b.doc))
}

const memberBytes = 16

// groups sorts members by key and then by document, in bounded memory: full buffers are sorted and
// written to temporary files, which are merged.
type groups struct {
	dir   string // of temporary files
	limit int    // members in memory
	held  []member
	runs  []*os.File
}

func newGroups(dir string, memory int64) *groups {
	return &groups{dir: dir, limit: int(max(memory/memberBytes, 1024))}
}

func (g *groups) add(key, doc uint64) error {
	g.held = append(g.held, member{key, doc})
	if len(g.held) < g.limit {
		return nil
	}
	return g.spill()
}

// spill writes the members in memory to a temporary file.
func (g *groups) spill() error {
	slices.SortFunc(g.held, byKey)
	f, err := os.CreateTemp(g.dir, "run-*")
	if err != nil {
		return err
	}
	g.runs = append(g.runs, f)
	w := bufio.NewWriterSize(f, 1<<16)
	var b [memberBytes]byte
	for _, m := range g.held {
		binary.LittleEndian.PutUint64(b[:8], m.key)
		binary.LittleEndian.PutUint64(b[8:], m.doc)
		if _, err := w.Write(b[:]); err != nil {
			return fmt.Errorf("temporary file: %w", err)
		}
	}
	g.held = g.held[:0]
	if err := w.Flush(); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	return nil
}

// all yields the members in order. It can be called only once, after the last add.
func (g *groups) all() iter.Seq2[member, error] {
	return func(yield func(member, error) bool) {
		slices.SortFunc(g.held, byKey)
		if len(g.runs) == 0 {
			for _, m := range g.held {
				if !yield(m, nil) {
					return
				}
			}
			return
		}
		var h merge
		next := func(r *run) bool {
			ok, err := r.next()
			if err != nil {
				yield(member{}, err)
				return false
			}
			if ok {
				heap.Push(&h, r)
			}
			return true
		}
		if !next(&run{held: g.held}) {
			return
		}
		for _, f := range g.runs {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				yield(member{}, fmt.Errorf("temporary file: %w", err))
				return
			}
			if !next(&run{r: bufio.NewReaderSize(f, 1<<16)}) {
				return
			}
		}
		for len(h) > 0 {
			r := heap.Pop(&h).(*run)
			if !yield(r.at, nil) || !next(r) {
				return
			}
		}
	}
}

// close removes the temporary files.
func (g *groups) close() {
	for _, f := range g.runs {
		f.Close()
		os.Remove(f.Name())
	}
	g.runs, g.held = nil, nil
}

// run is a sorted sequence of members, in memory or in a file.
type run struct {
	r    *bufio.Reader
	held []member
	at   member
}

func (r *run) next() (bool, error) {
	if r.r == nil {
		if len(r.held) == 0 {
			return false, nil
		}
		r.at, r.held = r.held[0], r.held[1:]
		return true, nil
	}
	var b [memberBytes]byte
	switch _, err := io.ReadFull(r.r, b[:]); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("temporary file: %w", err)
	}
	r.at = member{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
	return true, nil
}

// merge is a heap of runs by their next member.
type merge []*run

func (h merge) Len() int           { return len(h) }
func (h merge) Less(i, j int) bool { return byKey(h[i].at, h[j].at) < 0 }
func (h merge) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *merge) Push(x any)        { *h = append(*h, x.(*run)) }

func (h *merge) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}
