package transformer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

var (
	_ lm.Streamer = (*Model)(nil)
	_ lm.Streamer = (*Llama)(nil)
)

// TestStreams uses contexts inside and beyond the window; every stream crosses its end.
func TestStreams(t *testing.T) {
	for _, stride := range []int{0, 1, 8} {
		cfg := small
		cfg.Stride = stride
		lmtest.CheckStreams(t, loud(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 12, 30)
		cfg.Smear = true
		lmtest.CheckStreams(t, loud(t, cfg), 2e-5, 0, 1, 3, 7, 8, 9, 12, 30)
	}
	lmtest.CheckStreams(t, loudLlama(t, smallLlama), 2e-5, 0, 1, 2, 7, 8, 9, 12, 30)
}

// TestStreamsAllocateNothing checks that a steady step allocates nothing, even when windows move.
func TestStreamsAllocateNothing(t *testing.T) {
	if nntest.Racing {
		t.Skip("pools allocate at random under the race detector")
	}
	smeared := small
	smeared.Smear = true
	for _, m := range []lm.Streamer{loud(t, small), loud(t, smeared), loudLlama(t, smallLlama)} {
		s := m.Streams([][]lm.Token{{1}, {1, 2, 3}, {1}, {4, 5, 6, 7, 8, 9, 10}})
		var dst [][]float64
		step := func() {
			dst = s.NextLogProbs(dst)
			for i := range dst {
				s.Push(i, 3)
			}
		}
		for range 40 {
			step()
		}
		require.Less(t, testing.AllocsPerRun(200, step), 0.1)
	}
}

// BenchmarkStreams measures the tokens per second of one text, and of several that are continued
// together, each for 48 tokens after a prompt of 8.
func BenchmarkStreams(b *testing.B) {
	quick := Config{VocabSize: 377, NPositions: 64, NEmbd: 64, NLayer: 3, NHead: 2, Smear: true}
	for _, c := range []struct {
		name string
		cfg  Config
	}{{"nanogpt", recipe()}, {"3x64x377", quick}} {
		m, err := New(c.cfg, nntest.Rand())
		require.NoError(b, err)
		b.Run(c.name+"/state", func(b *testing.B) { benchState(b, m) })
		for _, n := range []int{1, 8, 32, 192} {
			b.Run(fmt.Sprintf("%s/%dstreams", c.name, n), func(b *testing.B) {
				benchStreams(b, m, n)
			})
		}
	}
}

const benchPrompt, benchAnswer = 8, 48

func benchState(b *testing.B, m lm.Stepper) {
	for b.Loop() {
		oneState(m)
	}
	b.ReportMetric(float64(benchAnswer*b.N)/b.Elapsed().Seconds(), "tokens/s")
}

func benchStreams(b *testing.B, m lm.Streamer, n int) {
	for b.Loop() {
		manyStreams(m, n)
	}
	b.ReportMetric(float64(n*benchAnswer*b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// oneState continues a prompt with a State.
func oneState(m lm.Stepper) {
	s, dst := m.Start(), make([]float64, m.Vocab())
	for range benchPrompt {
		s.Push(1)
	}
	for i := range benchAnswer {
		dst = s.NextLogProbs(dst)
		s.Push(lm.Token(2 + i))
	}
}

// manyStreams continues n prompts, of which 24 differ.
func manyStreams(m lm.Streamer, n int) {
	contexts := make([][]lm.Token, n)
	for i := range contexts {
		for range benchPrompt {
			contexts[i] = append(contexts[i], lm.Token(1+i%24))
		}
	}
	s, dst := m.Streams(contexts), [][]float64(nil)
	for i := range benchAnswer {
		dst = s.NextLogProbs(dst)
		for j := range n {
			s.Push(j, lm.Token(2+i))
		}
	}
}
