package corpus

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// numbered returns documents of the given lengths in which every token is different, so that a
// target shows its origin. Documents of odd index end in BOS; the others were cut.
func numbered(lengths []int) (docs [][]lm.Token) {
	next := lm.Token(1)
	for i, n := range lengths {
		var d []lm.Token
		for range n {
			d = append(d, next)
			next++
		}
		if i%2 == 1 {
			d = append(d, lm.BOS)
		}
		docs = append(docs, d)
	}
	return docs
}

// place is the position of a token: its document and its index in the document.
type place struct{ doc, at int }

func places(docs [][]lm.Token) map[lm.Token]place {
	out := map[lm.Token]place{}
	for i, d := range docs {
		for j, t := range d {
			if t != lm.BOS {
				out[t] = place{i, j}
			}
		}
	}
	return out
}

// checkEpoch checks the rows of an epoch: every token of the corpus is a target exactly
// once, after the token that precedes it in its document, and BOS before the first.
func checkEpoch(t require.TestingT, docs [][]lm.Token, rows []Batch) {
	where := places(docs)
	seen := map[lm.Token]int{}
	ends := map[lm.Token]int{} // by the token before the end
	for _, r := range rows {
		targets := 0
		for k, y := range r.Y {
			if y < 0 {
				continue
			}
			targets++
			if y == lm.BOS {
				ends[r.X[k]]++
				continue
			}
			seen[y]++
			p := where[y]
			want := lm.BOS
			if p.at > 0 {
				want = docs[p.doc][p.at-1]
			}
			require.Equal(t, want, r.X[k], "before %d", y)
		}
		require.Equal(t, targets, r.N)
	}
	wantEnds := map[lm.Token]int{}
	for _, d := range docs {
		for _, y := range d {
			if y != lm.BOS {
				require.Equal(t, 1, seen[y], "token %d of %v", y, docs)
			}
		}
		if n := len(d); n > 0 && d[n-1] == lm.BOS {
			before := lm.BOS
			if n > 1 {
				before = d[n-2]
			}
			wantEnds[before]++
		}
	}
	require.Equal(t, wantEnds, ends)
}

// drawDocs draws corpora of short, long and empty documents, and single streams.
func drawDocs(t *rapid.T) [][]lm.Token {
	lengths := rapid.OneOf(
		rapid.SliceOfN(rapid.IntRange(0, 12), 1, 30),
		rapid.SliceOfN(rapid.IntRange(0, 100), 1, 5),
	).Draw(t, "lengths")
	lengths[0]++
	return numbered(lengths)
}

func TestWindowsShowEveryTokenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := drawDocs(t)
		length := rapid.IntRange(1, 20).Draw(t, "T")
		w, err := NewWindows(docs, 1, length, rapid.Uint64().Draw(t, "seed"))
		require.NoError(t, err)
		total := 0
		for _, d := range docs {
			total += len(d)
		}
		require.Equal(t, total, w.Tokens())
		where := places(docs)
		epoch := rapid.IntRange(0, 3).Draw(t, "epoch")
		var rows []Batch
		for i := range w.Rows() {
			var b Batch
			w.Batch(&b, epoch*w.Rows()+i)
			require.Equal(t, []int{1, length, length, length}, []int{b.B, b.T, len(b.X), len(b.Y)})
			require.Positive(t, b.N, "a row without targets")
			for k, y := range b.Y {
				p, ok := where[y]
				if ok && y > 0 && p.at > 0 && len(docs[p.doc]) <= length {
					require.Equal(t, docs[p.doc][p.at-1], b.Y[k-1], "a short document is not cut")
				}
				if k > 0 && b.X[k] != lm.BOS && b.Y[k-1] != -1 {
					require.Equal(t, b.Y[k-1], b.X[k], "what was predicted is what comes")
				}
			}
			rows = append(rows, b)
		}
		checkEpoch(t, docs, rows)
	})
}

func TestLanesShowEveryTokenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := drawDocs(t)
		lanes, length := rapid.IntRange(1, 9).Draw(t, "B"), rapid.IntRange(1, 20).Draw(t, "T")
		l, err := NewLanes(docs, lanes, length, rapid.Uint64().Draw(t, "seed"))
		require.NoError(t, err)
		epoch := rapid.IntRange(0, 3).Draw(t, "epoch")
		lane := make([]Batch, lanes) // the whole epoch of each lane
		where := places(docs)
		for i := range l.Steps() {
			var b Batch
			l.Batch(&b, epoch*l.Steps()+i)
			require.Equal(t, []int{lanes, length, lanes * length, lanes * length},
				[]int{b.B, b.T, len(b.X), len(b.Y)})
			n := 0
			for j := range lanes {
				lane[j].X = append(lane[j].X, b.X[j*length:][:length]...)
				lane[j].Y = append(lane[j].Y, b.Y[j*length:][:length]...)
			}
			for _, y := range b.Y {
				if y >= 0 {
					n++
				}
			}
			require.Equal(t, n, b.N)
			require.Positive(t, n, "a step without targets")
		}
		for j := range lane {
			require.Equal(t, lm.BOS, lane[j].X[0], "nothing is remembered from another lane")
			for k := 1; k < len(lane[j].X); k++ {
				switch x, before := lane[j].X[k], lane[j].Y[k-1]; {
				case x == lm.BOS && lane[j].Y[k] == -1:
					for _, y := range lane[j].Y[k:] {
						require.Equal(t, lm.Token(-1), y, "a gap in a lane")
					}
				case x == lm.BOS:
					p := where[before]
					require.True(t, before <= 0 || p.at == len(docs[p.doc])-1,
						"BOS in the middle of a document")
				case before == -1:
					require.Equal(t, 1, k, "only after the BOS that opens a lane")
				default:
					require.Equal(t, before, x, "a lane goes on where it stopped")
				}
			}
			for _, y := range lane[j].Y {
				if y >= 0 {
					lane[j].N++
				}
			}
		}
		checkEpoch(t, docs, lane)
	})
}

// sources makes both kinds of batches of the same corpus.
func sources(t require.TestingT, docs [][]lm.Token, b, length int, seed uint64) map[string]Source {
	w, err := NewWindows(docs, b, length, seed)
	require.NoError(t, err)
	l, err := NewLanes(docs, b, length, seed)
	require.NoError(t, err)
	return map[string]Source{"windows": w, "lanes": l}
}

// TestBatchesByStep checks that a step is the same batch whatever was requested before, so that a
// run can resume anywhere.
func TestBatchesByStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := drawDocs(t)
		b, length, seed := rapid.IntRange(1, 5).Draw(t, "B"), rapid.IntRange(1, 20).Draw(t, "T"),
			rapid.Uint64().Draw(t, "seed")
		used := sources(t, docs, b, length, seed)
		var into Batch
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 50), 1, 10).Draw(t, "steps") {
			for kind, fresh := range sources(t, docs, b, length, seed) {
				var want Batch
				fresh.Batch(&want, step)
				used[kind].Batch(&into, step)
				require.Equal(t, want, into, "%s, step %d", kind, step)
			}
		}
	})
}

func TestWindowsOfAnyBatchSize(t *testing.T) {
	docs := numbered([]int{3, 5, 40, 1, 7, 2, 2, 90})
	one, err := NewWindows(docs, 1, 8, 3)
	require.NoError(t, err)
	four, err := NewWindows(docs, 4, 8, 3)
	require.NoError(t, err)
	for step := range 12 {
		var want, got, row Batch
		four.Batch(&got, step)
		for i := range 4 {
			one.Batch(&row, step*4+i)
			want.X, want.Y, want.N = append(want.X, row.X...), append(want.Y, row.Y...),
				want.N+row.N
		}
		want.B, want.T = 4, 8
		require.Equal(t, want, got)
	}
}

// TestBatchesVary checks that batches differ between epochs and between seeds.
func TestBatchesVary(t *testing.T) {
	docs := numbered([]int{3, 3, 3, 3, 3, 3, 3, 3, 200})
	for kind, s := range sources(t, docs, 1, 8, 1) {
		other := sources(t, docs, 1, 8, 2)[kind]
		steps := 1
		switch s := s.(type) {
		case *Windows:
			steps = s.Rows()
		case *Lanes:
			steps = s.Steps()
		}
		var a, b, c, all, next Batch
		for i := range steps {
			s.Batch(&a, i)
			other.Batch(&b, i)
			s.Batch(&c, steps+i)
			all.Y = append(all.Y, a.Y...)
			next.Y = append(next.Y, c.Y...)
			b.Y = append([]lm.Token(nil), b.Y...)
			next.X = append(next.X, b.Y...)
		}
		require.False(t, slices.Equal(all.Y, next.Y), "%s: two epochs are alike", kind)
		require.False(t, slices.Equal(all.Y, next.X), "%s: two seeds are alike", kind)
	}
}

// TestEndsStandAnywhere checks that long documents begin and end equally often at each position of
// a row.
func TestEndsStandAnywhere(t *testing.T) {
	const length, epochs = 8, 2000
	docs := [][]lm.Token{append(numbered([]int{11})[0], lm.BOS), append(numbered([]int{20})[0],
		lm.BOS)}
	w, err := NewWindows(docs, 1, length, 7)
	require.NoError(t, err)
	var ends, begins [length]int
	for step := range epochs * w.Rows() {
		var b Batch
		w.Batch(&b, step)
		for i := range length {
			if b.Y[i] == lm.BOS {
				ends[i]++
			}
			if b.X[i] == lm.BOS && b.Y[i] >= 0 {
				begins[i]++
			}
		}
	}
	for i := range length {
		require.InEpsilon(t, epochs*len(docs)/length, ends[i], 0.2, "ends at %d of a row: %v", i,
			ends)
		require.InEpsilon(t, epochs*len(docs)/length, begins[i], 0.2, "begins at %d of a row: %v",
			i, begins)
	}
}

// TestWindowsOfAStream checks that the windows of one long stream are all whole and begin at
// varying positions.
func TestWindowsOfAStream(t *testing.T) {
	docs := numbered([]int{1000})
	w, err := NewWindows(docs, 4, 10, 5)
	require.NoError(t, err)
	starts := map[lm.Token]bool{}
	var b Batch
	full := 0
	for step := range 2500 {
		w.Batch(&b, step)
		for i := range 4 {
			starts[b.X[i*10]%10] = true
		}
		if b.N == 40 {
			full++
		}
	}
	require.Len(t, starts, 10, "a window may begin anywhere")
	require.Greater(t, full, 2000)
}

func TestPackingIsTight(t *testing.T) {
	var lengths []int
	for i := range 3000 {
		lengths = append(lengths, 2+i*7919%13)
	}
	w, err := NewWindows(numbered(lengths), 1, 64, 0)
	require.NoError(t, err)
	require.LessOrEqual(t, w.Rows()*64, w.Tokens()*101/100)
}

func TestBatchesOfNothing(t *testing.T) {
	for _, make := range []func([][]lm.Token, int, int) error{
		func(d [][]lm.Token, b, t int) error { _, err := NewWindows(d, b, t, 0); return err },
		func(d [][]lm.Token, b, t int) error { _, err := NewLanes(d, b, t, 0); return err },
	} {
		require.ErrorContains(t, make(nil, 1, 1), "has no tokens")
		require.ErrorContains(t, make([][]lm.Token{{}, {}}, 1, 1), "has no tokens")
		require.ErrorContains(t, make([][]lm.Token{{1}}, 0, 1), "at least 1 by 1")
		require.ErrorContains(t, make([][]lm.Token{{1}}, 1, -1), "at least 1 by 1")
		require.ErrorContains(t, make([][]lm.Token{{1}}, 1<<30, 1<<30), "too large")
		require.NoError(t, make([][]lm.Token{{1}}, 8, 64), "a corpus smaller than a batch")
	}
}

func TestBatchesAllocateNothing(t *testing.T) {
	docs := EncodeDocuments(Byte{}, append(Lines.Cut(strings.Repeat(sample, 20)),
		Document{Text: strings.Repeat(sample, 20)}))
	for kind, s := range sources(t, docs, 4, 32, 1) {
		var b Batch
		step := 0
		s.Batch(&b, step)
		require.Zero(t, testing.AllocsPerRun(2000, func() { // several epochs
			step++
			s.Batch(&b, step)
		}), kind)
	}
}

func BenchmarkBatch(b *testing.B) {
	text := strings.Repeat(sample, 4000)
	for name, docs := range map[string][]Document{"lines": Lines.Cut(text),
		"stream": Files.Cut(text)} {
		for kind, s := range sources(b, EncodeDocuments(Byte{}, docs), 16, 256, 1) {
			b.Run(kind+"/"+name, func(b *testing.B) {
				var batch Batch
				b.ReportAllocs()
				for step := 0; b.Loop(); step++ {
					s.Batch(&batch, step)
				}
			})
		}
	}
}
