package refine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

// Rules that are fitted on trusted text keep it, remove noise, and give the same result when they
// are read back.
func TestFit(t *testing.T) {
	dir := t.TempDir()
	trusted := write(t, dir+"/trusted.jsonl", jsonLines(t, texts(5, 200)))
	clean := texts(6, 100)
	rng := rand.New(rand.NewPCG(1, 1))
	noise := map[string]bool{}
	var in []string
	for i, text := range clean {
		if i%2 == 0 {
			words := strings.Fields(text)
			rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			text = strings.Join(words, " ")
			noise[text] = true
		}
		in = append(in, text)
	}
	o := Options{Input: Input{Sources: []string{write(t, dir+"/in.jsonl", jsonLines(t, in))}},
		Out: filepath.Join(dir, "out"), Fit: true, Trusted: []string{trusted},
		Steps: []string{Language, Filters, Quality}}
	a, err := Run(t.Context(), o)
	require.NoError(t, err)
	kept := strings.Split(strings.TrimSpace(readDir(t, o.Out)[corpus.ShardName(0)]), "\n\n")
	left := 0
	for _, text := range kept {
		if noise[text] {
			left++
		}
	}
	require.LessOrEqual(t, left, 3)
	require.GreaterOrEqual(t, len(kept)-left, 42)
	require.Regexp(t, `^eng: at most \d\.\d+ bits per byte`, a.step(Quality).Facts[0])

	rules, err := ReadRules(filepath.Join(o.Out, RulesFile))
	require.NoError(t, err)
	require.NotEmpty(t, rules.Fitted)
	o.Fit, o.Trusted, o.Rules, o.Out = false, nil, rules, filepath.Join(dir, "out2")
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, readDir(t, dir+"/out"), readDir(t, o.Out))

	o.Sources, o.Out = []string{dir + "/out"}, filepath.Join(dir, "out3")
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, kept, strings.Split(strings.TrimSpace(readDir(t, o.Out)[corpus.ShardName(0)]),
		"\n\n"))

	o.Trusted, o.Out = []string{write(t, dir+"/other.jsonl", jsonLines(t, texts(7, 200)))}, dir+"/4"
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "want the same text")
	o.Fit, o.Trusted = true, []string{write(t, dir+"/few.jsonl", jsonLines(t, texts(7, 5)))}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "5 documents; want at least 20")
}

// A rules file with a mistake is refused.
func TestReadRules(t *testing.T) {
	dir := t.TempDir()
	data, err := json.Marshal(DefaultRules())
	require.NoError(t, err)
	for from, to := range map[string]string{
		`"words":`: `"wrods":`, `"english"`: `"klingon"`, `"similarity":0.8`: `"similarity":8`,
		`"tokens":13`: `"tokens":0`, `"share":0`: `"share":1`, `"hashes":128`: `"hashes":0`,
		`"javascript"`: `"javascrpit"`, rulesKind: "rules of chess",
		`"documents":10`: `"documents":0`,
		`"lines"`:        `"lnies"`,
	} {
		require.Contains(t, string(data), from)
		_, err := ReadRules(write(t, dir+"/rules.json", strings.Replace(string(data), from, to, 1)))
		require.Error(t, err, to)
	}
	_, err = ReadRules(write(t, dir+"/rules.json", string(data)))
	require.NoError(t, err)
}

// What the test text holds goes, in any case and punctuation; a share lets single phrases pass.
func TestContamination(t *testing.T) {
	dir := t.TempDir()
	test := write(t, dir+"/test.txt", good)
	leak := func(share float64) *leak {
		l, err := newLeak(t.Context(), LeakRule{Tokens: 13, Share: share}, []string{test},
			Input{Field: "text", MaxBytes: 1 << 20}, 1<<30)
		require.NoError(t, err)
		return l
	}
	words := strings.Fields(good)
	other := texts(3, 1)[0]
	for _, c := range []struct {
		text            string
		any, half, none bool
	}{
		{text: good, any: true, half: true},
		{text: strings.ToUpper(strings.ReplaceAll(good, ",", " -")), any: true, half: true},
		{text: other + " " + strings.Join(words[5:18], " "), any: true},
		{text: other + " " + strings.Join(words[5:17], " ")},
		{text: other},
	} {
		for share, want := range map[float64]bool{0: c.any, .5: c.half} {
			d := &Document{Text: c.text}
			leak(share).Apply(d)
			require.Equal(t, want, d.removed, "%v: %s", share, c.text)
		}
	}
}

// The groups come sorted, from memory or from files.
func TestGroups(t *testing.T) {
	for _, limit := range []int{1, 7, 1000} {
		g := newGroups(t.TempDir(), 0)
		g.limit = limit
		var want []member
		rng := rand.New(rand.NewPCG(2, 2))
		for i := range 500 {
			m := member{rng.Uint64N(100), uint64(i)}
			want = append(want, m)
			require.NoError(t, g.add(m.key, m.doc))
		}
		if limit == 1 {
			require.Len(t, g.runs, 500)
		}
		slices.SortFunc(want, byKey)
		var got []member
		for m, err := range g.all() {
			require.NoError(t, err)
			got = append(got, m)
		}
		require.Equal(t, want, got)
		g.close()
	}
}

// Benchmarks of every step on two cores: go test -bench Step ./corpus/refine
func BenchmarkStep(b *testing.B) {
	english := texts(1, 2000)
	for i := range english {
		english[i] += fmt.Sprintf("\nNumber %d.", i)
	}
	chinese := slices.Clone(english[:500])
	for i, text := range chinese {
		chinese[i] = strings.Map(func(r rune) rune {
			if r == ' ' {
				return -1
			}
			return 0x4e00 + r*37%500
		}, text)
	}
	dir := b.TempDir()
	trusted := write(b, dir+"/trusted.jsonl", jsonLines(b, texts(5, 300)))
	for _, lang := range []struct {
		name  string
		texts []string
	}{{"english", english}, {"chinese", chinese}} {
		bytes := 0
		for _, t := range lang.texts {
			bytes += len(t)
		}
		in := jsonLines(b, lang.texts)
		for _, name := range append(StepNames(), "all") {
			b.Run(lang.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(bytes))
				for i := range b.N {
					o := Options{Input: Input{Sources: []string{"-"}, Stdin: strings.NewReader(in)},
						Out: fmt.Sprintf("%s/%s-%s-%d", dir, lang.name, name, i), Threads: 2,
						Test: []string{trusted}, Steps: []string{name}}
					if name == "all" {
						o.Steps = nil
					}
					o, err := o.check()
					require.NoError(b, err)
					if name == Quality {
						o.Fit, o.Trusted = true, []string{trusted}
					}
					b.StopTimer()
					steps, err := o.prepare(b.Context(), dir)
					require.NoError(b, err)
					b.StartTimer()
					_, err = o.stream(b.Context(), steps, dir, func(*Document) error { return nil })
					require.NoError(b, err)
				}
			})
		}
	}
}
