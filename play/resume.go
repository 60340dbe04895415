package play

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lmzoo/report"
	"lmzoo/zoo"
)

// unfinished is a training that was cancelled, here or on the command line, and can go on from its checkpoint.
type unfinished struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"` // trained so far
	Budget  float64 `json:"budget,omitempty"`
	Step    int     `json:"step"`
	Steps   int     `json:"steps,omitempty"` // in all; 0: as many as the budget has room for
	Loss    num     `json:"loss"`

	dir   string
	curve *report.Curve
}

const maxUnfinished = 100 // directories that are inspected

// unfinished finds what can be resumed.
func (s *Server) unfinished() []unfinished {
	all := []unfinished{}
	if s.opt.TrainDir == "" {
		return all
	}
	dirs := append([]string(nil), s.opt.Runs...)
	entries, _ := os.ReadDir(s.opt.TrainDir) // it may not be there yet
	for _, e := range entries {
		dirs = append(dirs, filepath.Join(s.opt.TrainDir, e.Name()))
	}
	var seen, ids []string
	for _, dir := range dirs[:min(len(dirs), maxUnfinished)] {
		dir = filepath.Clean(dir)
		if slices.Contains(seen, dir) {
			continue
		}
		seen = append(seen, dir)
		u, ok := s.lookInto(dir)
		if !ok {
			continue
		}
		base := u.ID
		for n := 2; slices.Contains(ids, u.ID); n++ {
			u.ID = base + "-" + strconv.Itoa(n)
		}
		ids = append(ids, u.ID)
		all = append(all, u)
	}
	return all
}

// lookInto reads what is known of a run; false unless it can be resumed.
func (s *Server) lookInto(dir string) (unfinished, bool) {
	c, err := zoo.ReadConfig(dir)
	if err != nil || c.Result != nil || c.Train == nil {
		return unfinished{}, false
	}
	species, err := s.opt.Catalogue.Find(c.Species)
	if err != nil || !species.IsNeural() {
		return unfinished{}, false
	}
	if !zoo.HasCheckpoint(dir) || s.beingTrained(dir) {
		return unfinished{}, false
	}
	u := unfinished{
		ID: clean(filepath.Base(dir)), Title: species.Title + " on " + theText(c.Data), dir: dir,
		Budget: time.Duration(c.Train.Budget).Seconds(), Steps: c.Train.Steps, curve: report.ReadCurve(dir),
	}
	if k := u.curve; k != nil && len(k.Loss) > 0 {
		last := len(k.Loss) - 1
		u.Seconds, u.Step, u.Loss = k.Seconds[last], k.Steps[last], num(k.Loss[last])
	}
	return u, true
}

// theText is what a title calls a corpus.
func theText(d zoo.Data) string {
	switch name := corpusName(d); name {
	case zoo.WorldName:
		return "the world"
	case ownText:
		return "your text"
	default:
		return name
	}
}

// beingTrained reports whether a job works on a run, or will, or another program writes to it.
func (s *Server) beingTrained(dir string) bool {
	s.jobs.mu.Lock()
	busy := s.jobs.busy(dir)
	s.jobs.mu.Unlock()
	return busy || zoo.Locked(dir)
}

// busy reports whether a job works on a run, or will. It needs mu.
func (js *jobs) busy(dir string) bool {
	return slices.ContainsFunc(js.all, func(j *job) bool {
		return j.dir == dir && (j.State == jobQueued || j.State == jobRunning)
	})
}

func (s *Server) listUnfinished(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, map[string]any{"runs": s.unfinished()})
	return nil
}

// resume queues the rest of a training.
func (s *Server) resume(q jobRequest) (string, error) {
	all := s.unfinished()
	at := slices.IndexFunc(all, func(u unfinished) bool { return u.ID == q.Run })
	if at < 0 {
		return "", refuse(http.StatusNotFound, "run", "there is no unfinished run %.80q; GET /api/unfinished lists them", q.Run)
	}
	u := all[at]
	return s.jobs.addIn(u.dir, "train", u.Title+", resumed", func(ctx context.Context, j *job) error {
		return s.jobs.goOn(ctx, j, u)
	})
}

// goOn trains from the checkpoint to the end that was ordered. The learning curve begins with what was learned before.
func (js *jobs) goOn(ctx context.Context, j *job, u unfinished) error {
	js.change(func() {
		j.Doing = "reading the text"
		if k := u.curve; k != nil {
			for i := range k.Loss {
				j.Curve = append(j.Curve, progress{k.Steps[i], k.Tokens[i], num(k.Seconds[i]), num(k.Loss[i])})
			}
			for i := range k.Valid {
				j.Valid = append(j.Valid, progress{k.ValidSteps[i], k.ValidTokens[i], num(k.ValidSeconds[i]), num(k.Valid[i])})
			}
		}
	})
	order, err := js.opt.Catalogue.Resume(ctx, u.dir, strings.NewReader(""), nil) // what came from standard input is gone
	if err != nil {
		return err
	}
	order.Threads = js.opt.Threads
	js.change(func() { j.Doing = "training" })
	run, err := zoo.Make(ctx, order, js.watch(j))
	if err != nil {
		return err
	}
	js.show(j, run)
	return nil
}
