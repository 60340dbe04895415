package corpus

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// golden is testdata/bpe.json, made by testdata/bpe.py with GPT-2's own pattern.
type golden struct {
	Train  string
	Merges []Merge
	Texts  []struct {
		Text   string
		Pieces []string
		Tokens []lm.Token
	}
}

func unhex(t *testing.T, s string) string {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}

func readGolden(t *testing.T) (g golden) {
	data, err := os.ReadFile("testdata/bpe.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &g))
	require.NotEmpty(t, g.Texts)
	return g
}

func piecesOf(text string) (out []string) {
	for text != "" {
		n := nextPiece(text)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

func TestPiecesAreThoseOfGPT2(t *testing.T) {
	for _, g := range readGolden(t).Texts {
		var want []string
		for _, p := range g.Pieces {
			want = append(want, unhex(t, p))
		}
		require.Equal(t, want, piecesOf(unhex(t, g.Text)))
	}
}

func TestBPEAgainstGolden(t *testing.T) {
	g := readGolden(t)
	b, err := TrainBPE(docsOf(unhex(t, g.Train)), byteTokens+len(g.Merges))
	require.NoError(t, err)
	require.Equal(t, g.Merges, b.Merges())
	require.Equal(t, byteTokens+len(g.Merges), b.Vocab())
	for _, text := range g.Texts {
		require.Equal(t, text.Tokens, b.Encode(nil, unhex(t, text.Text)), "%q", unhex(t, text.Text))
		require.Equal(t, text.Tokens, b.Encode(nil, unhex(t, text.Text)), "from the cache")
	}
}

// naiveJoin replaces every occurrence of the pair, from the left.
func naiveJoin(s []lm.Token, pair Merge, token lm.Token) (out []lm.Token) {
	for i := 0; i < len(s); i++ {
		if i+1 < len(s) && s[i] == pair[0] && s[i+1] == pair[1] {
			out = append(out, token)
			i++
		} else {
			out = append(out, s[i])
		}
	}
	return out
}

// naiveTrain counts all pairs anew for every merge.
func naiveTrain(docs []Document, merges int) (learned []Merge) {
	var pieces [][]lm.Token
	for _, d := range docs {
		for _, p := range piecesOf(d.Text) {
			pieces = append(pieces, Byte{}.Encode(nil, p))
		}
	}
	for len(learned) < merges {
		counts := map[Merge]int{}
		for _, p := range pieces {
			for i := range len(p) - 1 {
				counts[Merge{p[i], p[i+1]}]++
			}
		}
		var best Merge
		for m, n := range counts {
			if n > counts[best] || n == counts[best] && slices.Compare(m[:], best[:]) < 0 {
				best = m
			}
		}
		if counts[best] < minMergeCount {
			return learned
		}
		for i := range pieces {
			pieces[i] = naiveJoin(pieces[i], best, lm.Token(byteTokens+len(learned)))
		}
		learned = append(learned, best)
	}
	return learned
}

// naiveEncode applies every merge in turn, as it was learned.
func naiveEncode(merges []Merge, text string) (out []lm.Token) {
	for _, p := range piecesOf(text) {
		s := Byte{}.Encode(nil, p)
		for i, m := range merges {
			s = naiveJoin(s, m, lm.Token(byteTokens+i))
		}
		out = append(out, s...)
	}
	return out
}

func TestBPEAgainstNaive(t *testing.T) {
	text := rapid.OneOf(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 90, -1),
		rapid.StringOfN(rapid.RuneFrom([]rune("abc 猫\n'")), 0, 120, -1))
	rapid.Check(t, func(t *rapid.T) {
		docs := docsOf(rapid.SliceOfN(text, 0, 4).Draw(t, "train")...)
		merges := naiveTrain(docs, 40)
		b, err := TrainBPE(docs, byteTokens+40)
		if err != nil || !slices.Equal(merges, b.merges) {
			t.Fatalf("%v: %v, want %v", err, b.merges, merges)
		}
		spelled := map[string]bool{}
		for _, s := range b.bytes[1:] {
			if spelled[s] {
				t.Fatalf("two tokens spell %q", s)
			}
			spelled[s] = true
		}
		s := text.Draw(t, "text")
		if got, want := b.Encode(nil, s), naiveEncode(merges, s); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// TestBPETwoWays checks that mergeScan and mergeHeap give the same tokens.
func TestBPETwoWays(t *testing.T) {
	b, err := TrainBPE(docsOf(sample, strings.Repeat("abcabcab ", 9)), 400)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		s := Byte{}.Encode(nil, rapid.StringOfN(rapid.RuneFrom([]rune("abc tomsie")), 2, 200,
			-1).Draw(t, "s"))
		if scan, heap := b.mergeScan(slices.Clone(s)),
			b.mergeHeap(slices.Clone(s)); !slices.Equal(scan, heap) {
			t.Fatalf("scan %v, heap %v", scan, heap)
		}
	})
}

func TestBPETokensAreBounded(t *testing.T) {
	b, err := TrainBPE(docsOf(strings.Repeat("a", 1<<16)), 1000)
	require.NoError(t, err)
	require.Greater(t, b.Vocab(), byteTokens+7)
	for id := range lm.Token(b.Vocab()) {
		require.LessOrEqual(t, b.Bytes(id), maxTokenBytes)
	}
	checkRoundTrip(t, b, strings.Repeat("a", 100_003))
}

// TestBPEOfAnyVocabulary checks that a short text has few merges, however large the vocabulary.
func TestBPEOfAnyVocabulary(t *testing.T) {
	tok, err := TrainBPE([]Document{{Text: "the cat sat on the mat"}}, 1<<40)
	require.NoError(t, err)
	require.Less(t, tok.Vocab(), byteTokens+22)
}

func TestBPECacheIsItsOwn(t *testing.T) {
	b, err := TrainBPE(docsOf(sample), 400)
	require.NoError(t, err)
	tokens := b.Encode(nil, " baker")
	want := slices.Clone(tokens)
	clear(tokens)
	tokens = b.Encode(nil, " baker")
	require.Equal(t, want, tokens)
	clear(tokens)
	require.Equal(t, want, b.Encode(nil, " baker"))
}

func TestBPEIsSafeForConcurrentUse(t *testing.T) {
	b, err := TrainBPE(docsOf(sample), 400)
	require.NoError(t, err)
	want := b.Encode(nil, sample)
	fresh := newBPE(b.Merges())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if got := fresh.Encode(nil, sample); !slices.Equal(got, want) {
					t.Error("another goroutine gets other tokens")
				}
			}
		})
	}
	group.Wait()
}

// zipfText returns about a megabyte of made-up words whose frequencies follow Zipf's law.
func zipfText() string {
	var text strings.Builder
	x := uint64(1)
	for text.Len() < 1<<20 {
		x = x*6364136223846793005 + 1442695040888963407
		rank := uint64(1<<20) / (1 + x>>44)
		for rank = rank*2654435761 + 7; rank > 3; rank /= 23 {
			text.WriteByte("etaoinshrdlcumwfgypbvkx"[rank%23])
		}
		text.WriteByte(" \n"[x>>40&15/15])
	}
	return text.String()
}

func BenchmarkTrainBPE(b *testing.B) {
	for _, merges := range []int{1000, 10000} {
		b.Run(fmt.Sprint(merges), func(b *testing.B) {
			docs := docsOf(zipfText())
			b.SetBytes(int64(len(docs[0].Text)))
			for b.Loop() {
				if _, err := TrainBPE(docs, byteTokens+merges); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	text := zipfText()
	for _, name := range Tokenizers() {
		b.Run(name, func(b *testing.B) {
			tok, err := Train(name, docsOf(text), 0)
			require.NoError(b, err)
			var tokens []lm.Token
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tokens = tok.Encode(tokens[:0], text)
			}
			b.ReportMetric(float64(len(text))/float64(len(tokens)), "bytes/token")
		})
	}
}

// TestBPEStepsEndAtEncode checks that the plain algorithm gives the same tokens as the fast one,
// and that every step joins one pair and changes no byte.
func TestBPEStepsEndAtEncode(t *testing.T) {
	g := readGolden(t)
	b := newBPE(g.Merges)
	for _, golden := range g.Texts {
		text := unhex(t, golden.Text)
		var tokens []lm.Token
		for _, piece := range b.Steps(text) {
			first := b.Decode(piece[0].Tokens)
			require.Zero(t, piece[0].Merge)
			require.Len(t, piece[0].Tokens, len(first))
			for i := range piece[1:] {
				require.Less(t, len(piece[i+1].Tokens), len(piece[i].Tokens))
				require.Equal(t, first, b.Decode(piece[i+1].Tokens))
			}
			tokens = append(tokens, piece[len(piece)-1].Tokens...)
		}
		require.Equal(t, b.Encode(nil, text), tokens)
	}
}
