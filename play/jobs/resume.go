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

// unfinished is a training run that was stopped, here or on the command line, and can be resumed
// from its checkpoint.
type unfinished struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Seconds float64   `json:"seconds"` // training time so far
	Budget  float64   `json:"budget,omitempty"`
	Step    int       `json:"step"`
	Steps   int       `json:"steps,omitempty"` // total number of steps; 0: determined by the budget
	Loss    web.Float `json:"loss"`

	dir   string
	curve *report.Curve
}

const maxUnfinished = 100 // maximum number of directories to inspect

// unfinished returns the runs that can be resumed.
func (q *Queue) unfinished() []unfinished {
	all := []unfinished{}
	if q.opt.TrainDir == "" {
		return all
	}
	dirs := append([]string(nil), q.opt.Runs...)
	entries, _ := os.ReadDir(q.opt.TrainDir) // the directory may not exist yet
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
		u, ok := q.inspect(dir)
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

// inspect describes a run, or returns false if it cannot be resumed.
func (q *Queue) inspect(dir string) (unfinished, bool) {
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
		ID: models.Name(dir), Title: species.Title + " on " + corpusTitle(c.Data), dir: dir,
		Budget: time.Duration(c.Train.Budget).Seconds(), Steps: c.Train.Steps,
		curve: report.ReadCurve(dir),
	}
	if k := u.curve; k != nil && len(k.Loss) > 0 {
		last := len(k.Loss) - 1
		u.Seconds, u.Step, u.Loss = k.Seconds[last], k.Steps[last], web.Float(k.Loss[last])
	}
	return u, true
}

// corpusTitle returns the name of a corpus for a title.
func corpusTitle(d zoo.Data) string {
	switch name := models.CorpusName(d); name {
	case zoo.WorldName:
		return "the world"
	case textFile:
		return "your text"
	default:
		return name
	}
}

// beingTrained reports whether a job trains a run or is queued to train it, or another program
// writes to it.
func (q *Queue) beingTrained(dir string) bool {
	q.mu.Lock()
	busy := q.busy(dir)
	q.mu.Unlock()
	return busy || zoo.Locked(dir)
}

// resume queues the rest of a training run.
func (q *Queue) resume(ask Request) (string, error) {
	all := q.unfinished()
	at := slices.IndexFunc(all, func(u unfinished) bool { return u.ID == ask.Run })
	if at < 0 {
		return "", web.Refuse(http.StatusNotFound, "run",
			"there is no unfinished run %.80q; GET /api/unfinished lists them", ask.Run)
	}
	u := all[at]
	return q.add(u.dir, "train", u.Title+", resumed", func(ctx context.Context, j *Job) error {
		return q.makeRest(ctx, j, u)
	})
}

// makeRest trains from the checkpoint to the planned end. The learning curve begins with the
// earlier part.
func (q *Queue) makeRest(ctx context.Context, j *Job, u unfinished) error {
	q.change(func() {
		j.Doing = "reading the text"
		if k := u.curve; k != nil {
			for i := range k.Loss {
				j.Curve = append(j.Curve,
					Point{k.Steps[i], k.Tokens[i], web.Float(k.Seconds[i]), web.Float(k.Loss[i])})
			}
			for i := range k.Valid {
				j.Valid = append(j.Valid,
					Point{k.ValidSteps[i], k.ValidTokens[i], web.Float(k.ValidSeconds[i]),
						web.Float(k.Valid[i])})
			}
		}
	})
	// a run from standard input cannot be resumed
	order, err := q.opt.Catalogue.Resume(ctx, u.dir, strings.NewReader(""), nil)
	if err != nil {
		return err
	}
	order.Threads = q.opt.Threads
	return q.make(ctx, j, order)
}
