package corpus

import (
	"math/bits"
	"slices"

	"lmzoo/lm"
)

// Windows is the Source for models that see T tokens at a time and remember nothing else. Each epoch has
// every token of the corpus as a target exactly once:
//
//   - A document of at most T tokens is never cut. Documents are packed into rows as tightly as they fit,
//     each opened by BOS, and what is left of a row has no targets.
//   - A longer document is cut into windows of T tokens. The first begins with BOS, the last ends with the
//     document, and where the others begin is drawn anew each epoch; tokens that two windows share are
//     context to the second. For one long stream these are the random windows of nanoGPT, drawn without
//     replacement.
//
// Which rows there are does not change; their order does, and of documents of the same length which one
// takes which place. So any step of any epoch can be found without going through those before.
// It is for one goroutine.
type Windows struct {
	docs    [][]lm.Token
	b, t    int
	total   int
	rows    []row
	byLen   [][]int32 // [T+1] the short documents of each length
	now     int       // the epoch that what follows belongs to
	order   []int32   // of the rows
	who     [][]int32 // [T+1] byLen, shuffled
	phase   []int32   // of the long documents, for the starts of their windows
	shuffle *shuffler
}

// row is either the k-th window of a long document or a row of short ones.
type row struct {
	long   int32 // index of the document; −1: a row of short documents
	window int32
	slots  []slot
}

// slot is the place of the i-th short document of a length.
type slot struct{ length, i int32 }

// NewWindows makes batches of B rows by T tokens from encoded documents.
func NewWindows(docs [][]lm.Token, b, t int, seed uint64) (*Windows, error) {
	total, err := checkShape(docs, b, t)
	if err != nil {
		return nil, err
	}
	w := &Windows{docs: docs, b: b, t: t, total: total, byLen: make([][]int32, t+1), who: make([][]int32, t+1), now: -1, shuffle: newShuffler(seed)}
	w.phase = make([]int32, len(docs))
	for i, d := range docs {
		switch {
		case len(d) > t:
			for k := range w.windows(len(d)) {
				w.rows = append(w.rows, row{long: int32(i), window: int32(k)})
			}
		case len(d) > 0:
			w.byLen[len(d)] = append(w.byLen[len(d)], int32(i))
		}
	}
	for n, docs := range w.byLen {
		w.who[n] = slices.Clone(docs)
	}
	w.pack()
	w.order = make([]int32, len(w.rows))
	return w, nil
}

// Tokens is the number of targets of an epoch: those of the whole corpus.
func (w *Windows) Tokens() int { return w.total }

// Rows is the number of rows of an epoch; a step takes B of them.
func (w *Windows) Rows() int { return len(w.rows) }

// windows is how many windows a long document takes. A document of many gets one more than it must have,
// so that the others are free to move.
func (w *Windows) windows(n int) int {
	k := (n + w.t - 1) / w.t
	if k > 8 && w.t > 1 {
		k++
	}
	return k
}

// pack fills rows with the short documents, the longest first, each where it leaves the least room (best
// fit decreasing).
func (w *Windows) pack() {
	rooms := newRooms(w.t)
	for n := w.t; n > 0; n-- {
		for i := range w.byLen[n] {
			at, room, ok := rooms.take(n)
			if !ok {
				at, room = int32(len(w.rows)), w.t
				w.rows = append(w.rows, row{long: -1})
			}
			w.rows[at].slots = append(w.rows[at].slots, slot{int32(n), int32(i)})
			rooms.put(at, room-n)
		}
	}
}

// rooms are rows by how much room they have left.
type rooms struct {
	rows [][]int32 // [T+1]
	some []uint64  // a bit for every room that some row has
}

func newRooms(t int) *rooms {
	return &rooms{rows: make([][]int32, t+1), some: make([]uint64, t/64+1)}
}

func (r *rooms) put(row int32, room int) {
	r.rows[room] = append(r.rows[room], row)
	r.some[room/64] |= 1 << (room % 64)
}

// take finds the row with the least room that is at least n.
func (r *rooms) take(n int) (row int32, room int, ok bool) {
	mask := ^uint64(0) << (n % 64)
	for i := n / 64; i < len(r.some); i++ {
		if word := r.some[i] & mask; word != 0 {
			room = i*64 + bits.TrailingZeros64(word)
			last := len(r.rows[room]) - 1
			row, r.rows[room] = r.rows[room][last], r.rows[room][:last]
			if last == 0 {
				r.some[i] &^= 1 << (room % 64)
			}
			return row, room, true
		}
		mask = ^uint64(0)
	}
	return 0, 0, false
}

// turn draws everything that is random about an epoch.
func (w *Windows) turn(epoch int) {
	if w.now == epoch {
		return
	}
	w.now = epoch
	r := w.shuffle.epoch(epoch)
	for i := range w.order {
		w.order[i] = int32(i)
	}
	permute(r, w.order)
	for n, docs := range w.byLen {
		copy(w.who[n], docs)
		permute(r, w.who[n])
	}
	for i, d := range w.docs {
		if n := len(d); n > w.t {
			w.phase[i] = int32(r.IntN(min(w.windows(n)*w.t-n+1, w.t)))
		}
	}
}

// Batch fills b with the rows of a step. After the first time it allocates nothing.
func (w *Windows) Batch(b *Batch, step int) {
	b.resize(w.b, w.t)
	for i := range w.b {
		n := step*w.b + i
		w.turn(n / len(w.rows))
		w.fill(b, i*w.t, &w.rows[w.order[n%len(w.rows)]])
	}
}

func (w *Windows) fill(b *Batch, at int, r *row) {
	if r.long < 0 {
		for _, s := range r.slots {
			doc := w.docs[w.who[s.length][s.i]]
			b.fill(at, doc, 0, len(doc))
			at += len(doc)
		}
		return
	}
	doc := w.docs[r.long]
	begin := w.begin(r, int(r.window))
	b.fill(at, doc, begin, begin+w.t)
	if r.window == 0 {
		return
	}
	shared := w.begin(r, int(r.window)-1) + w.t - begin
	for i := range shared {
		b.Y[at+i] = -1
	}
	b.N -= shared
}

// begin is where the k-th window of a long document begins: T after the one before, but for the phase of
// the epoch, and early enough for every window after it to have a target of its own.
func (w *Windows) begin(r *row, k int) int {
	if k == 0 {
		return 0
	}
	n := len(w.docs[r.long])
	return min(k*w.t-int(w.phase[r.long]), n-w.t-(w.windows(n)-1-k))
}
