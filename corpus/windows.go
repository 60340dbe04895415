package corpus

import (
	"math/bits"
	"slices"

	"lmzoo/lm"
)

// Windows is the Source for models that see T tokens at a time and have no other memory. In each
// epoch every token of the corpus is a target exactly once:
//
//   - A document of at most T tokens is never cut. Documents are packed tightly into rows, each
//     opened by BOS. The rest of a row has no targets.
//   - A longer document lies on a ring of whole windows of T tokens; unused positions follow its
//     end. Each epoch turns the ring by a random number of positions before it is cut. A document
//     therefore begins and ends at each position of a row equally often, and position embeddings
//     learn nothing about ends. For one long stream these are the random windows of nanoGPT, drawn
//     without replacement.
//
// The set of rows is fixed. Their order changes with the epoch, and so does the assignment of
// documents of equal length to positions, so that any step of any epoch can be computed directly.
// Windows is for one goroutine.
type Windows struct {
	docs    [][]lm.Token
	b, t    int
	total   int
	rows    []row
	byLen   [][]int32 // [T+1] the short documents of each length
	now     int       // the epoch of the fields below
	order   []int32   // of the rows
	who     [][]int32 // [T+1] byLen, shuffled
	phase   []int     // of long documents: the position of the ring where the first window begins
	shuffle *shuffler
}

// row is either the k-th window of a long document or a row of short ones.
type row struct {
	long   int32 // index of the document; −1: a row of short documents
	window int32
	slots  []slot
}

// slot is the position of the i-th short document of a length.
type slot struct{ length, i int32 }

// NewWindows makes batches of B rows by T tokens from encoded documents.
func NewWindows(docs [][]lm.Token, b, t int, seed uint64) (*Windows, error) {
	total, err := checkShape(docs, b, t)
	if err != nil {
		return nil, err
	}
	w := &Windows{docs: docs, b: b, t: t, total: total, byLen: make([][]int32, t+1),
		who: make([][]int32, t+1), now: -1, shuffle: newShuffler(seed)}
	w.phase = make([]int, len(docs))
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

// Tokens returns the number of targets per epoch, which is the number of tokens of the corpus.
func (w *Windows) Tokens() int { return w.total }

// Rows returns the number of rows per epoch; a step takes B of them.
func (w *Windows) Rows() int { return len(w.rows) }

// windows returns the number of windows of a document of n tokens.
func (w *Windows) windows(n int) int { return (n + w.t - 1) / w.t }

// pack fills rows with the short documents, longest first, each in the row where it leaves the
// least room (best fit decreasing, Johnson 1973).
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

// rooms holds rows by their remaining room.
type rooms struct {
	rows [][]int32 // [T+1]
	some []uint64  // one bit per room: whether some row has this room
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

// turn draws all random choices of an epoch.
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
			w.phase[i] = r.IntN(w.windows(n) * w.t)
		}
	}
}

// Batch fills b with the rows of a step. After the first call it allocates nothing.
func (w *Windows) Batch(b *Batch, step int) {
	b.resize(w.b, w.t)
	for i := range w.b {
		w.row(b, i*w.t, step*w.b+i)
	}
}

// row writes the n-th row of all epochs at position at.
func (w *Windows) row(b *Batch, at, n int) {
	w.turn(n / len(w.rows))
	w.fill(b, at, &w.rows[w.order[n%len(w.rows)]])
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
	ring := w.windows(len(doc)) * w.t
	place := (int(r.window)*w.t + w.phase[r.long]) % ring // positions from len(doc) on are empty
	for end := at + w.t; at < end; {
		n := min(ring-place, end-at)
		if place < len(doc) {
			n = min(len(doc)-place, end-at)
			b.fill(at, doc, place, place+n)
		}
		at, place = at+n, (place+n)%ring
	}
}
