package refine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
)

// texts returns documents of the synthetic world.
func texts(seed uint64, n int) []string {
	w, rng := world.New(seed), rand.New(rand.NewPCG(seed, 1))
	out := make([]string, n)
	for i := range out {
		out[i] = w.Document(rng).Text
	}
	return out
}

// jsonLines writes texts as JSON lines.
func jsonLines(t testing.TB, texts []string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, text := range texts {
		require.NoError(t, e.Encode(map[string]string{"text": text}))
	}
	return b.String()
}

func write(t testing.TB, path, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return path
}

// dirty returns raw documents: repeated, slightly changed, shuffled, with markup and personal data,
// in several languages.
func dirty(seed uint64, n int) []string {
	rng := rand.New(rand.NewPCG(seed, 2))
	clean := texts(seed, n)
	out := make([]string, 0, 2*n)
	for i, text := range clean {
		words := strings.Fields(text)
		switch rng.IntN(12) {
		case 0:
			text = clean[rng.IntN(i+1)]
		case 1:
			words[rng.IntN(len(words))] = "changed"
			text = strings.Join(words, " ")
		case 2:
			rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			text = strings.Join(words, " ")
		case 3:
			text = "<div class=\"x\"><p>" + text + "</p>&nbsp;&amp;lt;b&amp;gt;<br></div>"
		case 4:
			text += "\r\nWrite to " + fmt.Sprintf("who%d@example.org", i) +
				" or call (555) 123-4567\u200b.\nAll rights reserved by the owner of this page."
		case 5:
			text = "cafÃ© " + text + "\n\n\n\nAll rights reserved by the owner of this page."
		case 6:
			text = strings.Repeat("buy now ", 60)
		case 7:
			text = "我在城里的学校看书，他们都在等我。这里有很多人，也有很多树。\n" +
				strings.Repeat(string(rune(0x4e00+rng.IntN(5000))), 1+rng.IntN(40)) + text
		}
		out = append(out, text)
	}
	return out
}

func readDir(t testing.TB, dir string) map[string]string {
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(data)
	}
	return files
}

// Refining a refined corpus changes nothing, and the number of threads changes no byte.
func TestIdempotent(t *testing.T) {
	for seed := range uint64(2) {
		dir := t.TempDir()
		in := write(t, dir+"/in.jsonl", jsonLines(t, dirty(seed, 300)))
		run := func(source, out string, threads int) map[string]string {
			_, err := Run(t.Context(), Options{Input: Input{Sources: []string{source}},
				Out: filepath.Join(dir, out), Threads: threads})
			require.NoError(t, err)
			return readDir(t, filepath.Join(dir, out))
		}
		first := run(in, "a", 1)
		require.Equal(t, first, run(in, "b", 3))
		again := run(dir+"/a", "c", 2)
		require.Equal(t, first[corpus.ShardName(0)], again[corpus.ShardName(0)])
		require.Equal(t, first[RulesFile], again[RulesFile])
		var a Account
		require.NoError(t, json.Unmarshal([]byte(again[corpus.AccountFile]), &a))
		for _, s := range a.Steps {
			require.Empty(t, s.Rules, s.Name)
			require.Equal(t, s.DocumentsIn, s.DocumentsOut)
		}
	}
}

// The account adds up: the documents that leave a step enter the next one, and every step has an
// effect on this text.
func TestAccount(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir+"/in.jsonl", jsonLines(t, dirty(9, 400))+"{\n[1]\n{\"text\": 3}\n{\"a\": "+
		"\"b\"}\n")
	a, err := Run(t.Context(), Options{Input: Input{Sources: []string{in}}, Out: dir + "/out"})
	require.NoError(t, err)
	require.Equal(t, 404, a.Documents)
	for i, s := range a.Steps {
		if i > 0 {
			require.Equal(t, a.Steps[i-1].DocumentsOut, s.DocumentsIn, s.Name)
			require.Equal(t, a.Steps[i-1].BytesOut, s.BytesIn, s.Name)
		}
		removed, bytes := 0, 0
		for _, r := range s.Rules {
			removed, bytes = removed+r.Removed, bytes+r.Bytes
			require.LessOrEqual(t, len(r.Examples), MaxExamples)
			require.NotEmpty(t, r.Examples)
		}
		require.Equal(t, s.DocumentsIn-s.DocumentsOut, removed, s.Name)
		require.Equal(t, s.BytesIn-s.BytesOut, bytes, s.Name)
		if s.Name != Language && s.Name != Lines {
			require.NotEmpty(t, s.Rules, s.Name)
		}
	}
	c, err := corpus.Load(t.Context(), corpus.Options{Source: dir + "/out",
		Ratio: corpus.Ratio{Train: 100}})
	require.NoError(t, err)
	require.Equal(t, corpus.Paragraphs, c.Documents)
	require.Len(t, c.Split.Train, a.Output[0].Documents)
	require.Equal(t, a.Steps[len(a.Steps)-1].DocumentsOut, a.Output[0].Documents)
}

// drifting returns documents in families: each document is its parent with some words changed, at
// distances around the threshold, so that families contain chains.
func drifting(seed uint64, n int) []string {
	rng := rand.New(rand.NewPCG(seed, 3))
	word := func() string { return fmt.Sprintf("w%d", rng.IntN(5000)) }
	var out []string
	for len(out) < n {
		if len(out) == 0 || rng.IntN(3) == 0 {
			words := make([]string, 60+rng.IntN(200))
			for i := range words {
				words[i] = word()
			}
			out = append(out, strings.Join(words, " "))
			continue
		}
		words := strings.Fields(out[rng.IntN(len(out))])
		for range rng.IntN(1 + len(words)/20) { // one change alters five shingles
			switch at := rng.IntN(len(words)); rng.IntN(3) {
			case 0:
				words[at] = word()
			case 1:
				words = append(words[:at], words[at+1:]...)
			default:
				words = append(words[:at], append([]string{word()}, words[at:]...)...)
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// The near-duplicates agree with an exact comparison of all pairs.
func TestNearAgainstAllPairs(t *testing.T) {
	const threshold = 0.8
	for _, chinese := range []bool{false, true} {
		all := drifting(1, 700)
		if chinese {
			for i, text := range all {
				all[i] = strings.Map(func(r rune) rune {
					if r == ' ' || r == 'w' {
						return -1
					}
					return 0x4e00 + r*37%500
				}, text)
			}
		}
		sets := make([][]uint64, len(all))
		want := map[int]bool{}
		for i, text := range all {
			sets[i] = Shingles(text)
			for j := range i {
				if Jaccard(sets[i], sets[j]) >= threshold {
					want[i] = true
					break
				}
			}
		}
		require.Greater(t, len(want), 150)
		require.Less(t, len(want), len(all)-150)
		got := nearDuplicates(t, all)
		right := 0
		for i := range got {
			if want[i] {
				right++
			}
		}
		recall := float64(right) / float64(len(want))
		precision := float64(right) / float64(len(got))
		t.Logf("chinese %v: %d duplicates of %d, recall %.4f, precision %.4f", chinese, len(want),
			len(all), recall, precision)
		require.GreaterOrEqual(t, recall, .95)
		require.GreaterOrEqual(t, precision, .99)
	}
}

// nearDuplicates returns the indices of the texts that the step near removes.
func nearDuplicates(t *testing.T, all []string) map[int]bool {
	got := map[int]bool{}
	for i := range all {
		got[i] = true
	}
	r := DefaultRules()
	o, err := Options{Input: Input{Sources: []string{"-"},
		Stdin: strings.NewReader(jsonLines(t, all))}, Steps: []string{Near}, Rules: r,
		Threads: 2}.check()
	require.NoError(t, err)
	steps, err := o.newSteps(context.Background(), t.TempDir())
	require.NoError(t, err)
	_, err = o.stream(context.Background(), steps, t.TempDir(), func(d *Document) error {
		var n int
		_, err := fmt.Sscanf(d.Source, "-:%d", &n)
		delete(got, n-1)
		return err
	})
	require.NoError(t, err)
	return got
}

// Bands are chosen such that pairs at the threshold are found, and few pairs below it.
func TestBands(t *testing.T) {
	b, r := Bands(.8, .99, 128)
	require.Equal(t, [2]int{21, 6}, [2]int{b, r})
	require.GreaterOrEqual(t, FoundWith(.8, b, r), .99)
	require.Less(t, FoundWith(.8, 128/(r+1), r+1), .99)
	require.InDelta(t, 1-(1-.32768)*(1-.32768), FoundWith(.8, 2, 5), 1e-12)
}
