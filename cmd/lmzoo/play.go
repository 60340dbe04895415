package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	results "lmzoo/docs/lab"
	"lmzoo/lab"
	"lmzoo/play"
	"lmzoo/zoo"
)

func newPlay(cat zoo.Catalogue) *cobra.Command {
	var (
		addr      string
		noBrowser bool
		out       string
		quiet     bool
		choices   string
		labDirs   []string
	)
	c := &cobra.Command{
		Use:   "play [RUN...]",
		Short: "Open the playground in a browser: models side by side, and inside each era",
		Long: `Open runs in a browser: next tokens while you type, the inside of each era,
generated text, compression, answers side by side, and the experiments. RUN may also be a directory
of runs. Without RUN, play opens the runs in ./runs and ./demo; if there are none, it first trains
three small models for half a minute. For scripts, docs/api.md describes the same functions over
HTTP.`,
		Example: `  lmzoo play
  lmzoo play runs/compare
  lmzoo play runs/gpt runs/lstm --no-browser --addr 127.0.0.1:9000`,
		RunE: func(c *cobra.Command, args []string) error {
			p := playing{cat: cat, progress: newProgress(c.ErrOrStderr(), quiet), out: out,
				choices: choices}
			if err := p.experiments(labDirs); err != nil {
				return err
			}
			l, err := p.listen(addr, c.Flags().Changed("addr"))
			if err != nil {
				return err
			}
			defer l.Close()
			runs, err := p.runs(c.Context(), c, args)
			if err != nil {
				return err
			}
			return p.serve(c, l, runs, !noBrowser)
		},
	}
	fs := c.Flags()
	fs.StringVar(&addr, "addr", usualAddr, "address to listen on (port 0: any free port)")
	fs.BoolVar(&noBrowser, "no-browser", false, "do not open a browser")
	fs.StringVar(&out, "out", playDir, "directory for the models trained in the playground")
	fs.StringVar(&choices, "preferences", "", "JSONL file to which Chat appends the visitors' "+
		"choices between answers, for lmzoo reward and dpo")
	fs.StringArrayVar(&labDirs, "lab", nil,
		"directory of lmzoo lab results, shown in place of the committed ones")
	fs.BoolVarP(&quiet, "quiet", "q", false, "no progress on standard error")
	return c
}

const usualAddr = "127.0.0.1:8080"

var playDir = filepath.Join("runs", "play") // directory of models trained in the playground

// playing holds the state of one lmzoo play.
type playing struct {
	cat      zoo.Catalogue
	progress *progress
	out      string
	choices  string // file of preferences
	results  []*lab.Result
	public   bool
	about    []string // directories of runs; some runs may be unfinished
}

// experiments reads the committed results of the experiments and the results in other directories.
func (p *playing) experiments(dirs []string) error {
	var err error
	if p.results, err = lab.ReadEmbedded(results.Files); err != nil || len(dirs) == 0 {
		return err
	}
	own, err := lab.ReadResults(dirs...)
	p.results = append(p.results, own...)
	return err
}

// listen opens the address, or any free port if the usual address is taken and the user named none.
func (p *playing) listen(addr string, asked bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, usagef("--addr %s: %w; want HOST:PORT, such as 127.0.0.1:8080", addr, err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil && !asked {
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf(
			"cannot listen on --addr %s: %w; choose another, such as 127.0.0.1:0 for any free port",
			addr, err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		p.public = true
	}
	return l, nil
}

// runs opens the named runs or, if none is named, the runs in the usual directories, or trains new
// ones.
func (p *playing) runs(ctx context.Context, c *cobra.Command, dirs []string) ([]*zoo.Run, error) {
	named := len(dirs) > 0
	if !named {
		dirs = runsAbout(append([]string{"runs", "demo"}, p.out)...)
	} else {
		dirs = runsIn(p.cat, dirs)
	}
	p.about = dirs
	var runs []*zoo.Run
	for _, dir := range dirs {
		r, err := p.cat.Open(dir)
		switch {
		case err == nil:
			runs = append(runs, r)
		case named:
			return nil, err
		default:
			p.progress.note("note: left out: %v", err)
		}
	}
	runs, notes := play.Shown(runs)
	for _, note := range notes {
		p.progress.note("note: %s", note)
	}
	if len(runs) == 0 && named && len(notes) > 0 {
		return nil, usagef("no model to show: %s", strings.TrimPrefix(notes[0], "left out: "))
	}
	if len(runs) == 0 {
		return p.train(ctx, c)
	}
	if order := p.cat.Names(); !named {
		slices.SortStableFunc(runs, func(a, b *zoo.Run) int {
			return slices.Index(order, a.Species.Name) - slices.Index(order, b.Species.Name)
		})
	}
	return runs, nil
}

// maxAbout is the maximum number of runs opened without being named.
const maxAbout = 24

// runsAbout returns the runs in directories and in their subdirectories.
func runsAbout(parents ...string) []string {
	var dirs []string
	for _, parent := range parents {
		for _, pattern := range []string{"*", filepath.Join("*", "*")} {
			// these patterns are valid
			found, _ := filepath.Glob(filepath.Join(parent, pattern, zoo.ConfigFile))
			for _, f := range found {
				if dir := filepath.Dir(f); !slices.Contains(dirs, dir) && len(dirs) < maxAbout {
					dirs = append(dirs, dir)
				}
			}
		}
	}
	return dirs
}

// runsIn returns the named run directories, and the runs inside named directories that are not
// runs, such as the output of compare. It skips other files, which a shell's * also matches, except
// models of other toolkits.
func runsIn(cat zoo.Catalogue, named []string) []string {
	var dirs []string
	for _, dir := range named {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() && !zoo.IsARPA(dir) && len(named) > 1 {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, zoo.ConfigFile)); err != nil {
			if below := runsAbout(dir); len(below) > 0 {
				order := cat.Names()
				slices.SortStableFunc(below, func(a, b string) int {
					return slices.Index(order, filepath.Base(a)) - slices.Index(order,
						filepath.Base(b))
				})
				dirs = append(dirs, below...)
				continue
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// firstSet lists the species to train if there are no runs.
var firstSet = []string{"ngram", "lstm", "gpt"}

const (
	firstBudget = 12 * time.Second
	firstTokens = 600_000
)

// train trains firstSet.
func (p *playing) train(ctx context.Context, c *cobra.Command) ([]*zoo.Run, error) {
	p.progress.note("There are no runs here yet: training %s for half a minute, into %s",
		strings.Join(firstSet, ", "), p.out)
	data := dataFlags{data: zoo.Data{Corpus: zoo.WorldName, Tokens: firstTokens}}
	split, tok, err := data.load(ctx, c, p.progress)
	if err != nil {
		return nil, err
	}
	var runs []*zoo.Run
	tracks := p.progress.follow(firstSet...)
	defer p.progress.finish()
	for i, name := range firstSet {
		p.progress.change(tracks[i], func(t *track) { t.state = running })
		species, err := p.cat.Find(name)
		if err != nil {
			return nil, err
		}
		settings, err := species.Exhibit("", zoo.WorldName, zoo.Budget{Time: firstBudget})
		if err != nil {
			return nil, err
		}
		r, err := zoo.Make(ctx, zoo.Order{
			Species: species, Settings: settings, Data: data.data, Split: split, Tokenizer: tok,
			Seed: 1, Threads: runtime.NumCPU(), Command: commandLine(),
			Dir: vacant(filepath.Join(p.out, name)),
		}, p.progress.watch(tracks[i]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p.progress.change(tracks[i], func(t *track) { t.state = finished })
		runs = append(runs, r)
	}
	return runs, nil
}

// vacant returns the first of dir, dir-2, dir-3 … that holds no run.
func vacant(dir string) string {
	for n, name := 2, dir; ; n++ {
		if file, err := zoo.Holds(name); err != nil || file == "" {
			return name
		}
		name = fmt.Sprintf("%s-%d", dir, n)
	}
}

// serve serves the playground until Ctrl-C.
func (p *playing) serve(c *cobra.Command, l net.Listener, runs []*zoo.Run, browser bool) error {
	url, opt := p.site(c, l)
	fmt.Fprintf(c.OutOrStdout(), "The playground is open with %s: %s\n", models(len(runs)), url)
	p.progress.note("Ctrl-C closes it.")
	p.browse(url, browser)
	return play.New(runs, opt).Serve(c.Context(), l)
}

// site returns the address and the options of the playground. It warns if other machines can reach
// the address.
func (p *playing) site(c *cobra.Command, l net.Listener) (url string, opt play.Options) {
	opt = play.Options{Catalogue: p.cat, TrainDir: p.out, Runs: p.about, Public: p.public,
		Preferences: p.choices, Results: p.results}
	if store, err := labStore(); err == nil {
		opt.LabStore = store
	}
	url = "http://" + l.Addr().String()
	if !p.public {
		return url, opt
	}
	if _, port, err := net.SplitHostPort(l.Addr().String()); err == nil {
		url = "http://localhost:" + port
	}
	if name, err := os.Hostname(); err == nil {
		opt.Hosts = append(opt.Hosts, name)
	}
	fmt.Fprintf(c.ErrOrStderr(), `Careful: other machines can reach %s. Everyone who can reach it
can use these models, which may reproduce their training text, and can start training runs on this
machine; there is no password and no encryption.
`, l.Addr())
	return url, opt
}

// browse opens the page in a browser if wanted is true.
func (p *playing) browse(url string, wanted bool) {
	if !wanted {
		return
	}
	if err := openBrowser(url); err != nil {
		p.progress.note("note: no browser could be opened (%v); open the address yourself", err)
	}
}

func models(n int) string { return count(n, "model") }

// count returns a number with its noun: "1 model", "2 models".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// openBrowser opens a page in the user's browser.
func openBrowser(url string) error {
	command := []string{"xdg-open", url}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open", url}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(command[0], command[1:]...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // its exit code is irrelevant to the page
	return nil
}
