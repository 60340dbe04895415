package corpus

import (
	"slices"

	"lmzoo/lm"
)

// Lanes is the Source for models that carry their memory from batch to batch (truncated
// backpropagation through time, Williams and Peng 1990). The documents of an epoch, shuffled and
// each opened by BOS, form one stream. It is cut into B lanes of equal length, and each step
// continues every lane where the previous step stopped.
//
// A lane may begin inside a document. Every lane but the first therefore begins with a BOS without
// a target, which clears the memory of the previous text in this row. In each epoch every token of
// the corpus is a target exactly once. Lanes is for one goroutine.
type Lanes struct {
	docs    [][]lm.Token
	b, t    int
	total   int
	steps   int     // steps per epoch
	now     int     // the epoch of the fields below
	order   []int32 // of the documents
	begins  []int   // where each document begins in the stream, in the order of the epoch
	shuffle *shuffler
}

// NewLanes makes batches of B lanes by T tokens from encoded documents.
func NewLanes(docs [][]lm.Token, b, t int, seed uint64) (*Lanes, error) {
	total, err := checkShape(docs, b, t)
	if err != nil {
		return nil, err
	}
	l := &Lanes{docs: docs, b: b, t: t, total: total, now: -1, shuffle: newShuffler(seed)}
	places := 0 // length of the longest lane
	for i := range b {
		if n := l.begin(i+1) - l.begin(i); n > 0 {
			places = max(places, n+extra(i))
		}
	}
	l.steps = (places + t - 1) / t
	l.order, l.begins = make([]int32, len(docs)), make([]int, len(docs))
	return l, nil
}

// Tokens returns the number of targets per epoch, which is the number of tokens of the corpus.
func (l *Lanes) Tokens() int { return l.total }

// Steps returns the number of steps per epoch.
func (l *Lanes) Steps() int { return l.steps }

// begin returns where a lane begins in the stream, which is where the previous lane ends.
func (l *Lanes) begin(lane int) int {
	return int((int64(lane)*int64(l.total) + int64(l.b) - 1) / int64(l.b))
}

// extra returns the number of positions before the tokens of a lane: one for the BOS that clears
// the memory.
func extra(lane int) int { return min(lane, 1) }

// turn shuffles the documents for an epoch.
func (l *Lanes) turn(epoch int) {
	if l.now == epoch {
		return
	}
	l.now = epoch
	for i := range l.order {
		l.order[i] = int32(i)
	}
	permute(l.shuffle.epoch(epoch), l.order)
	at := 0
	for i, d := range l.order {
		l.begins[i] = at
		at += len(l.docs[d])
	}
}

// Batch fills b with the next T tokens of every lane. After the first call it allocates nothing.
func (l *Lanes) Batch(b *Batch, step int) {
	b.resize(l.b, l.t)
	l.turn(step / l.steps)
	from := step % l.steps * l.t // within the lane
	for i := range l.b {
		l.fill(b, i, from)
	}
}

// fill writes the positions of a lane that begin at from.
func (l *Lanes) fill(b *Batch, lane, from int) {
	at, row := lane*l.t, (lane+1)*l.t
	pos, end := l.begin(lane)+from-extra(lane), l.begin(lane+1)
	if pos < l.begin(lane) {
		at, pos = at+1, pos+1 // resize has written the BOS
	}
	for at < row && pos < end {
		d := l.find(pos)
		doc := l.docs[l.order[d]]
		first := pos - l.begins[d]
		n := min(len(doc)-first, row-at, end-pos)
		b.fill(at, doc, first, first+n)
		at, pos = at+n, pos+n
	}
}

// find returns the index, in the order of the epoch, of the document at a position of the stream.
func (l *Lanes) find(pos int) int {
	d, found := slices.BinarySearch(l.begins, pos)
	if !found {
		return d - 1
	}
	for len(l.docs[l.order[d]]) == 0 {
		d++ // an empty document begins where the next one does
	}
	return d
}
