package refine

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

const good = "The old mill by the river has been closed for many years, and the people of the " +
	"town have come to think of it as a place that nobody needs. In the summer the children " +
	"climb the wall. They bring bread and apples, and they sit in the window that looks over the " +
	"water until the sun goes down behind the hills."

// options returns the options of a run in a directory of its own.
func options(t testing.TB, sources ...string) Options {
	return Options{Input: Input{Sources: sources}, Out: filepath.Join(t.TempDir(), "out"),
		Threads: 2}
}

// repeating is an endless text.
type repeating struct{ text []byte }

func (r repeating) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r.text)
	}
	return n, nil
}

// A line of 2 GB is left out and never held; the lines around it are read.
func TestHugeLine(t *testing.T) {
	size := int64(2 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	object := func(text string) string { return fmt.Sprintf("{\"text\": %q}", text) }
	for _, kind := range []struct{ name, before, open, close string }{
		{"json", object(good) + "\n", `{"text": "`, "\"}\n" + object("Again: "+good)},
		{"lines", good + "\n", "", "\nAgain: " + good},
	} {
		o := options(t, "-")
		o.Memory, o.Documents = minMemory, corpus.Lines
		o.Steps = []string{Unicode, Exact}
		o.Stdin = io.MultiReader(strings.NewReader(kind.before+kind.open),
			io.LimitReader(repeating{bytes.Repeat([]byte("word "), 1<<12)}, size),
			strings.NewReader(kind.close))
		peak := watchHeap(t)
		a, err := Run(t.Context(), o)
		require.NoError(t, err)
		require.Less(t, peak(), uint64(64<<20), kind.name)
		require.Equal(t, 3, a.Documents, kind.name)
		require.Equal(t, 2, a.Output[0].Documents)
		require.Equal(t, tooLong, a.Steps[0].Rules[0].Name)
		require.Greater(t, int64(a.Bytes), size)
	}
}

// watchHeap samples the heap until the returned function is called, which returns the peak.
func watchHeap(t testing.TB) func() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, uint64(0)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			time.Sleep(5 * time.Millisecond)
		}
	})
	return func() uint64 {
		cancel()
		wg.Wait()
		return max(peak, before) - before
	}
}

// Memory stays bounded while text, keys and candidates grow far beyond the bound.
func TestMemory(t *testing.T) {
	n := 40_000
	if testing.Short() {
		n = 6_000
	}
	base := drifting(5, 64)
	o := options(t, "-")
	o.Memory, o.Steps, o.Threads = minMemory, []string{Boilerplate, Exact, Near}, 2
	r, w := io.Pipe()
	o.Stdin = r
	go func() {
		for i := range n {
			text := fmt.Sprintf("n%d %s n%d m%d", i, base[i%len(base)], i, i)
			if i%3 == 0 {
				text = strings.Join(drifting(uint64(i), 1), "")
			}
			fmt.Fprintf(w, "{\"text\": %q}\n", text)
		}
		w.Close()
	}()
	peak := watchHeap(t)
	a, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Less(t, peak(), uint64(4*minMemory), "the garbage collector keeps twice what is used")
	require.Equal(t, n, a.Documents)
	require.Greater(t, a.Bytes, 500*n)
	near := a.step(Near)
	require.Greater(t, near.DocumentsIn-near.DocumentsOut, n/2)
}

// Broken, packed and foreign files end in notes; what could be read is kept.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	pack := func(text string, to func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		z := to(&b)
		io.WriteString(z, text)
		require.NoError(t, z.Close())
		return b.String()
	}
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zst := func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		require.NoError(t, err)
		return z
	}
	text := func(i int) string { return fmt.Sprintf("Number %d. %s In %d.\n", i, good, 1900+i) }
	write(t, dir+"/a.txt", text(1))
	write(t, dir+"/b/b.txt.gz", pack(text(2), gz))
	write(t, dir+"/c.jsonl.zst", pack(fmt.Sprintf("{\"id\": 7, \"text\": %q}\n", text(3)), zst))
	write(t, dir+"/d-broken.txt.gz", pack(text(4), gz)[:60])
	write(t, dir+"/e-bomb.txt.gz", pack(strings.Repeat("a", 40<<20), gz))
	write(t, dir+"/f.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	const deep = 10_001
	write(t, dir+"/g-deep.jsonl", strings.Repeat(`{"text":`, deep)+"1"+strings.Repeat("}", deep))
	write(t, dir+"/h-nul.txt", "text\x00text")
	write(t, dir+"/.hidden", text(5))
	write(t, dir+"/empty.txt", "")
	require.NoError(t, os.Symlink("nowhere", dir+"/link"))
	o := options(t, dir)
	o.Steps = []string{Unicode}
	a, err := Run(t.Context(), o)
	require.NoError(t, err)
	notes := strings.Join(a.Notes, "\n")
	for _, want := range []string{
		`d-broken.txt.gz: left out, unexpected EOF: a broken gzip file`,
		`e-bomb.txt.gz: the rest is left out, unpacks to more than`,
		`f.png, h-nul.txt: left out, not text`, `link: left out, a link to nowhere`,
	} {
		require.Regexp(t, want, notes)
	}
	require.Equal(t, 3, a.Output[0].Documents)
	require.Equal(t, "not a JSON object", a.Steps[0].Rules[0].Name)
	require.Contains(t, a.Steps[0].Rules[0].Examples[0].Why, "depth")

	o.Out, o.Sources = o.Out+"2", []string{dir + "/nowhere"}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "no such file or directory")
	require.NoDirExists(t, o.Out)
}

// TestTinyFiles checks that many more files than a process may open are read one at a time.
func TestTinyFiles(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 2000
	}
	dir := t.TempDir()
	for i := range n {
		name := fmt.Sprintf("%s/%03d/%d.txt", dir, i/1000, i)
		if i%1000 == 0 {
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		}
		require.NoError(t, os.WriteFile(name, fmt.Appendf(nil, "file %d", i), 0o666))
	}
	o := options(t, dir)
	o.Steps = []string{Unicode, Exact}
	a, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, n, a.Files)
	require.Equal(t, n, a.Output[0].Documents)
}

// A run that is interrupted, or fails on the way, leaves nothing behind.
func TestNothingHalfWritten(t *testing.T) {
	o := options(t, "-")
	parent := filepath.Dir(o.Out)
	ctx, cancel := context.WithCancel(t.Context())
	stop := readerFunc(func() error {
		cancel()
		return nil
	})
	o.Stdin = io.MultiReader(strings.NewReader(jsonLines(t, dirty(1, 300))), stop,
		strings.NewReader("{\"text\": \"more\"}\n"))
	_, err := Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)

	// An existing directory survives a failure, and is replaced only on request.
	o.Stdin = strings.NewReader(jsonLines(t, dirty(1, 50)))
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	before := readDir(t, o.Out)
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "--overwrite")
	o.Overwrite = true
	o.Stdin = strings.NewReader(`{"text": ""}`)
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "no document of 1 is left")
	require.Equal(t, before, readDir(t, o.Out))
	o.Stdin = strings.NewReader(jsonLines(t, dirty(2, 50)))
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.NotEqual(t, before, readDir(t, o.Out))

	// What a killed process left is removed by the next run, what belongs to others is not.
	write(t, filepath.Join(parent, ".out.123"+tempEnd, "part-00000.txt"), "half")
	write(t, filepath.Join(parent, ".other.123"+tempEnd, "part-00000.txt"), "half")
	write(t, filepath.Join(parent, "mine", "file"), "mine")
	o.Stdin = strings.NewReader(jsonLines(t, dirty(2, 50)))
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	entries, err = os.ReadDir(parent)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{".other.123" + tempEnd, "mine", "out"}, names)
	o.Out, o.Stdin = filepath.Join(parent, "mine"), strings.NewReader(jsonLines(t, dirty(2, 50)))
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "not a refined corpus")
}

type readerFunc func() error

func (f readerFunc) Read([]byte) (int, error) {
	if err := f(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// A disk that fills up in the middle of a pass is an error that says so.
func TestFullDisk(t *testing.T) {
	full := errors.New("no space left on device")
	o, err := options(t, "-").check()
	require.NoError(t, err)
	o.Stdin = strings.NewReader(jsonLines(t, dirty(1, 300)))
	steps, err := o.newSteps(t.Context(), t.TempDir())
	require.NoError(t, err)
	n := 0
	_, err = o.stream(t.Context(), steps, t.TempDir(), func(*Document) error {
		if n++; n == 20 {
			return full
		}
		return nil
	})
	require.ErrorIs(t, err, full)
}

func FuzzJSONLines(f *testing.F) {
	f.Add([]byte("{\"text\": \"a\"}\n{\"text\": 1}\n{}\n[]\n{\"text\": \"\\ud800 \\u0000\"}"))
	f.Add([]byte("{\"text\": \"" + strings.Repeat("long", 100) + "\"}\r\n\n\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &reader{Input: Input{Field: "text", MaxBytes: 64}, ctx: t.Context()}
		n := 0
		for d, err := range r.jsonLines("x", bufio.NewReader(bytes.NewReader(data))) {
			require.NoError(t, err)
			require.LessOrEqual(t, len(d.Text), 64*3) // an invalid byte becomes three
			require.Equal(t, d.removed, len(d.events) == 1)
			n += len(d.Source)
		}
		require.GreaterOrEqual(t, n, 0)
	})
}

// No text makes a step fail, and what has settled stays.
func FuzzEdit(f *testing.F) {
	for _, text := range dirty(3, 40) {
		f.Add(text)
	}
	f.Add("<p>a<b c='d'>&amp;lt;</p><script><!--</script>Ã©\xff")
	f.Add("+49 (30) 1234567 11010519491231002X 4111-1111-1111-1111 a@b.cd ::1 1.2.3.4")
	steps := []Step{repairer{}, normalizer{}, stripper{}, masker{}, newLiner(DefaultRules())}
	f.Fuzz(func(t *testing.T, text string) {
		d := &Document{Text: text}
		if apply(d, steps); d.removed {
			return
		}
		again := &Document{Text: d.Text}
		apply(again, steps)
		require.Equal(t, d.Text, again.Text)
		require.Empty(t, again.events)
		flat := &Document{Text: d.flat()}
		apply(flat, steps)
		require.Equal(t, d.flat(), flat.Text)
		filter{DefaultRules()}.Apply(again)
		Shingles(again.Text)
	})
}
