package gemm

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
)

type counter struct{ parts []atomic.Int32 }

func (c *counter) Part(i int) { c.parts[i].Add(1) }

// Every part of every job is done exactly once, even with several concurrent callers.
func TestCrewDoesEveryPartOnce(t *testing.T) {
	crew := NewCrew(4)
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() {
			for n := range 2000 {
				c := &counter{make([]atomic.Int32, n%17)}
				crew.Do(len(c.parts), c)
				for i := range c.parts {
					if got := c.parts[i].Load(); got != 1 {
						t.Errorf("part %d of %d was done %d times", i, len(c.parts), got)
						return
					}
				}
			}
		})
	}
	callers.Wait()
}

// meeting is a job of two parts that each wait for the other to begin, so that two threads do one
// part each.
type meeting struct {
	begun atomic.Int32
	by    [2]string
}

func (m *meeting) Part(i int) {
	m.begun.Add(1)
	for n := 0; m.begun.Load() < 2 && n < 10_000; n++ {
		runtime.Gosched()
	}
	m.by[i] = goroutine()
}

// goroutine returns the name of the calling goroutine, from the first line of its stack.
func goroutine() string {
	head := make([]byte, 32)
	name, _, _ := strings.Cut(string(head[:runtime.Stack(head, false)]), "[")
	return name
}

// A thread does the same parts of every job, so their data stay in its caches.
func TestCrewDealsTheSamePartsToTheSameThread(t *testing.T) {
	crew, met := NewCrew(2), 0
	for round := 0; met < 100; round++ {
		require.Less(t, round, 10_000, "the helper never comes")
		m := new(meeting)
		crew.Do(2, m)
		if m.by[0] == m.by[1] { // the helper had ended, or a thread was suspended
			continue
		}
		met++
		require.Equal(t, goroutine(), m.by[0], "the first part is the caller's")
	}
}

// suspended is a job whose helper is suspended in the middle of a part, as on a busy system.
type suspended struct {
	caller string
	helped int
}

func (s *suspended) Part(i int) {
	if goroutine() != s.caller {
		s.helped++
		time.Sleep(3 * time.Millisecond)
		return
	}
	for start := time.Now(); time.Since(start) < 100*time.Microsecond; {
		runtime.Gosched() // meanwhile the helper takes its part
	}
}

// A crew rarely waits for a helper that is suspended in every job.
func TestCrewDoesNotWaitForSuspendedHelpers(t *testing.T) {
	crew, s := NewCrew(2), &suspended{caller: goroutine()}
	const jobs = 500
	for range jobs {
		crew.Do(2, s)
	}
	require.Less(t, s.helped, jobs/5)
}

func TestCrewOfNoneAndOne(t *testing.T) {
	require.Nil(t, NewCrew(1))
	require.Nil(t, NewCrew(-3))
	c := &counter{make([]atomic.Int32, 3)}
	(*Crew)(nil).Do(3, c)
	for i := range c.parts {
		require.EqualValues(t, 1, c.parts[i].Load())
	}
}

// MulRow agrees with Sgemm and gives the same bits with and without a crew.
func TestMulRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	crew := NewCrew(3)
	for _, s := range [][2]int{{1, 1}, {5, 3}, {288, 288}, {288, 864}, {288, 1152}, {1152, 288},
		{900, 1001}, {97, 5003}, {1, 200_000}, {20_000, 30}} {
		k, n := s[0], s[1]
		for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			for _, beta := range []float32{0, 1} {
				ldb, r, c := n, k, n
				if tB == blas.Trans {
					ldb, r, c = k, n, k
				}
				x, b, want := random(rng, 1, k, k), random(rng, r, c, c), random(rng, 1, n, n)
				got := append(append([]float32(nil), want...), canary)
				alone := append([]float32(nil), want...)
				Float32{}.Sgemm(blas.NoTrans, tB, 1, n, k, 1, x, k, b, ldb, beta, want, n)
				crew.MulRow(tB, n, k, x, b, ldb, beta, got[:n])
				(*Crew)(nil).MulRow(tB, n, k, x, b, ldb, beta, alone)
				require.Equal(t, alone, got[:n], "%dx%d", k, n)
				require.InDeltaSlice(t, want, alone, 1e-5*float64(k+10), "%dx%d", k, n)
				require.EqualValues(t, canary, got[n])
			}
		}
	}
}

func TestMulInt8IsMulVec(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	crew := NewCrew(3)
	for _, s := range [][2]int{{1, 1}, {3, 7}, {1001, 300}, {4003, 129}} {
		q := QuantizeInt8(blas.NoTrans, s[0], s[1], random(rng, s[0], s[1], s[1]), s[1], 0)
		x, want, got := random(rng, 1, s[1], s[1]), make([]float32, s[0]), make([]float32, s[0])
		q.MulVec(want, x)
		crew.MulInt8(q, got, x)
		require.Equal(t, want, got)
	}
}

// Dequantize stores the numbers that MulVec multiplies by.
func TestDequantize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tr := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		const rows, cols = 7, 50
		r, c := rows, cols
		if tr == blas.Trans {
			r, c = cols, rows
		}
		w := random(rng, r, c, c)
		q := QuantizeInt8(tr, rows, cols, w, c, 32)
		before := append([]float32(nil), w...)
		q.Dequantize(tr, w, c)
		x, want, got := random(rng, 1, cols, cols), make([]float32, rows), make([]float32, rows)
		q.MulVec(got, x)
		other := blas.Trans
		if tr == blas.Trans {
			other = blas.NoTrans
		}
		Float32{}.Sgemm(blas.NoTrans, other, 1, rows, cols, 1, x, cols, w, c, 0, want, rows)
		require.InDeltaSlice(t, want, got, 1e-4)
		require.InDeltaSlice(t, before, w, 0.05)
		require.NotEqual(t, before, w)
	}
}

func TestCrewAllocatesNothing(t *testing.T) {
	crew := NewCrew(2)
	const k, n = 288, 1152
	x, b, y := make([]float32, k), make([]float32, k*n), make([]float32, n)
	q := QuantizeInt8(blas.Trans, n, k, b, n, 0)
	step := func() {
		crew.MulRow(blas.NoTrans, n, k, x, b, n, 0, y)
		crew.MulInt8(q, y, x)
	}
	step()
	require.Less(t, testing.AllocsPerRun(200, step), 0.2)
}
