package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// layout holds, for every position of a batch, its position in its document and the positions that
// it sees: the whole document, on both sides. A document begins at a BOS, at the beginning of a
// row, and when the window is full. A layout lives until the tape's Reset.
type layout struct {
	rowLen     int
	start, end []int32 // [B·T] the document of each position, as columns of its row
	pos        []int32 // [B·T] position in the document
	segment    []int32 // [B·T] 0 up to the first [SEP] of the document, 1 after it
}

func (m *BERT) layout(t *autograd.Tape, rowLen int, x []lm.Token) layout {
	n := len(x)
	d := layout{rowLen, t.ScratchInts(n), t.ScratchInts(n), t.ScratchInts(n), t.ScratchInts(n)}
	for i, tok := range x {
		col := int32(i % rowLen)
		if col == 0 || tok == lm.BOS || int(d.pos[i-1])+1 == m.Config.NPositions {
			d.start[i], d.pos[i], d.segment[i] = col, 0, 0
			continue
		}
		d.start[i], d.pos[i], d.segment[i] = d.start[i-1], d.pos[i-1]+1, d.segment[i-1]
		if x[i-1] == m.Config.SepToken {
			d.segment[i] = 1
		}
	}
	for i := n - 1; i >= 0; i-- {
		if i+1 < n && d.pos[i+1] > 0 { // the next position belongs to the same document
			d.end[i] = d.end[i+1]
		} else {
			d.end[i] = int32(i%rowLen) + 1
		}
	}
	return d
}
