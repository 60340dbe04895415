package jobs

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/report"
	"lmzoo/zoo"
)

// unfinished is a training that was cancelled, here or on the command line, and can go on from its checkpoint.
type unfinished struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Seconds float64   `json:"seconds"` // trained so far
	Budget  float64   `json:"budget,omitempty"`
	Step    int       `json:"step"`
	Steps   int       `json:"steps,omitempty"` // in all; 0: as many as the budget has room for
	Loss    web.Float `json:"loss"`

	dir   string
	curve *report.Curve
}

const maxUnfinished = 100 // directories that are inspected

// unfinished finds what can be resumed.
func (q *Queue) unfinished() []unfinished {
	all := []unfinished{}
	if q.opt.TrainDir == "" {
		return all
	}
	dirs := append([]string(nil), q.opt.Runs...)
	entries, _ := os.ReadDir(q.opt.TrainDir) // it may not be there yet
	for _, e := range entries {
		dirs = append(dirs, filepath.Join(q.opt.TrainDir, e.Name()))
	}
	var seen, ids []string
	for _, dir := range dirs[:min(len(dirs), maxUnfinished)] {
		dir = filepath.Clean(dir)
		if slices.Contains(seen, dir) {
			continue
		}
		seen = append(seen, dir)
		u, ok := q.lookInto(dir)
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
func (q *Queue) lookInto(dir string) (unfinished, bool) {
	c, err := zoo.ReadConfig(dir)
	if err != nil || c.Result != nil || c.Train == nil {
		return unfinished{}, false
	}
	species, err := q.opt.Catalogue.Find(c.Species)
	if err != nil || !species.IsNeural() {
		return unfinished{}, false
	}
	if !zoo.HasCheckpoint(dir) || q.beingTrained(dir) {
		return unfinished{}, false
	}
	u := unfinished{
		ID: models.Name(dir), Title: species.Title + " on " + theText(c.Data), dir: dir,
		Budget: time.Duration(c.Train.Budget).Seconds(), Steps: c.Train.Steps, curve: report.ReadCurve(dir),
	}
	if k := u.curve; k != nil && len(k.Loss) > 0 {
		last := len(k.Loss) - 1
		u.Seconds, u.Step, u.Loss = k.Seconds[last], k.Steps[last], web.Float(k.Loss[last])
	}
	return u, true
}

// theText is what a title calls a corpus.
func theText(d zoo.Data) string {
	switch name := models.CorpusName(d); name {
	case zoo.WorldName:
		return "the world"
	case textFile:
		return "your text"
	default:
		return name
	}
}

// beingTrained reports whether a job works on a run, or will, or another program writes to it.
func (q *Queue) beingTrained(dir string) bool {
	q.mu.Lock()
	busy := q.busy(dir)
	q.mu.Unlock()
	return busy || zoo.Locked(dir)
}

// resume queues the rest of a training.
func (q *Queue) resume(ask Request) (string, error) {
	all := q.unfinished()
	at := slices.IndexFunc(all, func(u unfinished) bool { return u.ID == ask.Run })
	if at < 0 {
		return "", web.Refuse(http.StatusNotFound, "run", "there is no unfinished run %.80q; GET /api/unfinished lists them", ask.Run)
	}
	u := all[at]
	return q.add(u.dir, "train", u.Title+", resumed", func(ctx context.Context, j *Job) error {
		return q.goOn(ctx, j, u)
	})
}

// goOn trains from the checkpoint to the end that was ordered. The learning curve begins with what was learned before.
func (q *Queue) goOn(ctx context.Context, j *Job, u unfinished) error {
	q.change(func() {
		j.Doing = "reading the text"
		if k := u.curve; k != nil {
			for i := range k.Loss {
				j.Curve = append(j.Curve, Point{k.Steps[i], k.Tokens[i], web.Float(k.Seconds[i]), web.Float(k.Loss[i])})
			}
			for i := range k.Valid {
				j.Valid = append(j.Valid, Point{k.ValidSteps[i], k.ValidTokens[i], web.Float(k.ValidSeconds[i]), web.Float(k.Valid[i])})
			}
		}
	})
	order, err := q.opt.Catalogue.Resume(ctx, u.dir, strings.NewReader(""), nil) // what came from standard input is gone
	if err != nil {
		return err
	}
	order.Threads = q.opt.Threads
	q.change(func() { j.Doing = "training" })
	run, err := zoo.Make(ctx, order, q.observe(j))
	if err != nil {
		return err
	}
	q.open(j, run)
	return nil
}
