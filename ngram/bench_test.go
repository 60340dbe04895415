package ngram

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// The benchmarks use tinyshakespeare if it is on this machine, as the published figures do.
// Otherwise they use a text drawn by Zipf's law, whose figures can only be compared with each
// other:
//
//	LMZOO_TINYSHAKESPEARE=tinyshakespeare.txt go test ./ngram -run - -bench .
func benchText(b *testing.B) (train, test [][]lm.Token, vocab int) {
	if os.Getenv("LMZOO_TINYSHAKESPEARE") != "" {
		train, test, w := shakespeare(b)
		return train, test, len(w.text)
	}
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.2, 4, 20000)
	draw := func(tokens int) (docs [][]lm.Token) {
		for n := 0; n < tokens; {
			doc := make([]lm.Token, 1+r.IntN(12))
			for i := range doc {
				doc[i] = 1 + lm.Token(zipf.Uint64())
			}
			doc[len(doc)-1] = lm.BOS
			docs, n = append(docs, doc), n+len(doc)
		}
		return docs
	}
	return draw(200_000), draw(20_000), 20_002
}

// repeated makes a long text from a short one by repeating it with every tenth word replaced.
func repeated(docs [][]lm.Token, tokens int) (long [][]lm.Token) {
	r := rand.New(rand.NewPCG(3, 4))
	var all []lm.Token
	for _, doc := range docs {
		all = append(all, doc[:len(doc)-1]...)
	}
	for n := 0; n < tokens; {
		for _, doc := range docs {
			edited := append([]lm.Token(nil), doc...)
			for i := range edited[:len(edited)-1] {
				if r.IntN(10) == 0 {
					edited[i] = all[r.IntN(len(all))]
				}
			}
			long, n = append(long, edited), n+len(edited)
		}
	}
	return long
}

func size(docs [][]lm.Token) (n int) {
	for _, doc := range docs {
		n += len(doc)
	}
	return n
}

func BenchmarkTrain(b *testing.B) {
	train, _, vocab := benchText(b)
	for _, x := range []struct {
		name   string
		docs   [][]lm.Token
		memory int64
	}{{"200k", train, 0}, {"5M", repeated(train, 5_000_000), 0},
		{"5M-in-100MB", repeated(train, 5_000_000), 100_000_000}} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				m, _, err := Train(x.docs, Config{Order: 5, Vocab: vocab, Memory: x.memory,
					NoCounts: true})
				require.NoError(b, err)
				b.ReportMetric(float64(m.Size()), "bytes")
				b.ReportMetric(float64(m.Params()), "n-grams")
			}
			b.ReportMetric(float64(size(x.docs))*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

func BenchmarkScore(b *testing.B) {
	train, test, vocab := benchText(b)
	exact, _, err := Train(train, Config{Order: 5, Vocab: vocab})
	require.NoError(b, err)
	small, err := exact.Quantize(8)
	require.NoError(b, err)
	for _, x := range []struct {
		name string
		m    *Model
		docs [][]lm.Token
	}{{"test", exact, test}, {"train", exact, train}, {"test-8bit", small, test}} {
		b.Run(x.name, func(b *testing.B) {
			dst := make([]float64, 1<<16)
			b.ReportAllocs()
			for b.Loop() {
				for _, doc := range x.docs {
					x.m.Score(dst, doc)
				}
			}
			b.ReportMetric(float64(size(x.docs))*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(x.m.Size()), "bytes")
		})
	}
}

func BenchmarkNext(b *testing.B) {
	train, test, vocab := benchText(b)
	m, _, err := Train(train, Config{Order: 5, Vocab: vocab})
	require.NoError(b, err)
	dst := make([]float64, vocab)
	b.Run("distribution", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			doc := test[i%len(test)]
			m.NextLogProbs(dst, doc[:len(doc)/2])
		}
	})
	b.Run("top10", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			doc := test[i%len(test)]
			m.Top(doc[:len(doc)/2], 10)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	train, _, vocab := benchText(b)
	m, _, err := Train(train, Config{Order: 5, Vocab: vocab})
	require.NoError(b, err)
	path := filepath.Join(b.TempDir(), "model")
	require.NoError(b, os.WriteFile(path, saved(b, m), 0o600))
	for b.Loop() {
		m, err := Open(path)
		require.NoError(b, err)
		require.NoError(b, m.Close())
	}
}
