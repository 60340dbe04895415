package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"lmzoo/train"
)

// progress reports slow work on standard error: redrawn in place on a terminal, and as an
// occasional plain line elsewhere.
type progress struct {
	quiet bool
	w     io.Writer

	mu     sync.Mutex
	screen *screen  // nil: plain lines
	tracks []*track // models in training
	status string   // the status line; empty: none
	last   time.Time
	end    chan struct{} // closed when the tracks are no longer drawn
	ticker sync.WaitGroup
}

const (
	redrawEvery = 100 * time.Millisecond
	logEvery    = 10 * time.Second
)

func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{w: w, quiet: quiet, last: time.Now()}
	f, ok := w.(*os.File)
	if ok && !quiet && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" &&
		os.Getenv("NO_COLOR") == "" && text.ANSICodesSupported {
		p.screen = &screen{w: w, size: func() (columns, rows int) {
			if columns, rows, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 &&
				rows > 0 {
				return columns, rows
			}
			return 80, 24
		}}
	}
	return p
}

// printStatus replaces the status line, at most once per interval.
func (p *progress) printStatus(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.screen != nil {
		p.status = printable(fmt.Sprintf(format, a...))
	}
	p.sometimes(func() string { return printable(fmt.Sprintf(format, a...)) })
}

// sometimes redraws the screen or writes a plain line, at most once per interval.
func (p *progress) sometimes(plain func() string) {
	interval := logEvery
	if p.screen != nil {
		interval = redrawEvery
	}
	if p.quiet || time.Since(p.last) < interval {
		return
	}
	p.last = time.Now()
	if p.screen != nil {
		p.draw("")
	} else {
		fmt.Fprintln(p.w, plain())
	}
}

// clear removes the status line from the screen.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status = ""; p.screen != nil && len(p.screen.drawn) > 0 {
		p.draw("")
	}
}

// note writes a permanent line.
func (p *progress) note(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	width := 0
	if p.screen != nil {
		width, _ = p.screen.size()
	}
	switch line := wrapLines(printable(fmt.Sprintf(format, a...)), width) + "\n"; {
	case p.quiet:
	case p.screen != nil:
		p.status = ""
		p.draw(line)
	default:
		io.WriteString(p.w, line)
	}
}

// textNote writes a note from reading a text. A nil progress writes none.
func (p *progress) textNote(line string) {
	if p != nil {
		p.note("note: %s", line)
	}
}

// noteTo returns a function that writes notes to w.
func noteTo(w io.Writer) func(string) {
	return func(line string) { fmt.Fprintf(w, "note: %s\n", printable(line)) }
}

// draw redraws the screen; the caller must hold mu.
func (p *progress) draw(lasting string) {
	columns, rows := p.screen.size()
	var lines []string
	for _, t := range p.visible(rows - 2) {
		lines = append(lines, t.line(columns-1))
	}
	if p.status != "" {
		lines = append(lines, p.status)
	}
	p.screen.draw(lasting, lines)
}

// visible returns the tracks that fit into room rows, around the running one.
func (p *progress) visible(room int) []*track {
	room = max(room, 1)
	if len(p.tracks) <= room {
		return p.tracks
	}
	at := 0
	for i, t := range p.tracks {
		if t.state != waiting {
			at = i
		}
	}
	from := min(max(at-room/2, 0), len(p.tracks)-room)
	return p.tracks[from : from+room]
}

// follow displays models until finish. A ticker redraws them, because a step may take a long time
// and the terminal may be resized at any time.
func (p *progress) follow(names ...string) []*track {
	for _, name := range names {
		p.tracks = append(p.tracks, &track{name: printable(name)})
	}
	if p.screen == nil {
		return p.tracks
	}
	p.end = make(chan struct{})
	p.ticker.Go(func() {
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			select {
			case <-p.end:
				return
			case <-tick.C:
				p.mu.Lock()
				p.draw("")
				p.mu.Unlock()
			}
		}
	})
	return p.tracks
}

// finish draws the models one last time and leaves the lines on the screen.
func (p *progress) finish() {
	if p.end != nil {
		close(p.end)
		p.ticker.Wait()
		p.end = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tracks {
		if t.state == running {
			t.state = stopped
		}
	}
	p.status = ""
	if p.screen != nil && len(p.tracks) > 0 {
		p.draw("")
		p.screen.drawn = nil
	}
	p.tracks = nil
}

// change runs f on a track under the lock.
func (p *progress) change(t *track, f func(t *track)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(t)
	if p.screen == nil && t.state == running {
		p.sometimes(t.plain)
	}
}

// watch returns an observer that displays the training of a model.
func (p *progress) watch(t *track) train.Observer {
	return func(_ context.Context, tr *train.Trainer, e train.Event) error {
		s := e.Stats
		p.change(t, func(t *track) {
			switch e.Kind {
			case train.Evaluated:
				t.valid = e.Valid
			case train.Stepped:
				if t.rollout == "" {
					t.losses.add(s.Loss)
				}
				t.done, t.rate = tr.Progress(), float64(s.Tokens)/max(s.Seconds, 1e-9)
				t.step = strconv.Itoa(s.Step)
				switch c := tr.Config(); {
				case c.Steps > 0:
					t.step += "/" + strconv.Itoa(c.Steps)
				case c.Flops > 0:
					t.step += fmt.Sprintf("  %.2e of %.2e operations", s.FLOPs, c.Flops)
				}
				if t.done > 0 {
					t.left = time.Duration(s.Seconds * (1 - t.done) / t.done * float64(time.Second))
				}
			}
		})
		return nil
	}
}

// scoring displays the evaluation of a model.
func (p *progress) scoring(t *track, done, total int) {
	p.change(t,
		func(t *track) { t.doing, t.done = "scoring", float64(done)/float64(max(total, 1)) })
}

// live reports whether the display is redrawn in place.
func (p *progress) live() bool { return p.screen != nil }
