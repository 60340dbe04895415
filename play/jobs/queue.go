// Package jobs runs the slow work of a playground, training and reports, one job at a time.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"lmzoo/lab"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// Options configures a Queue.
type Options struct {
	TrainDir     string        // directory of the models that are trained here; "": no training
	Runs         []string      // further directories of runs that may be unfinished
	Threads      int           // threads of a training run
	TextBytes    int           // maximum number of bytes of a text to train on
	Waiting      int           // maximum number of jobs in the queue
	TrainingTime time.Duration // maximum training time of one model
	Catalogue    zoo.Catalogue // species that can be trained and resumed

	Experiments []lab.Experiment    // experiments that can be run
	LabStore    string              // directory of the models that they pre-train; "": in memory
	Finished    func(r *lab.Result) // receives their results; nil: not called
}

// Queue holds the jobs in the order of their requests.
type Queue struct {
	opt    Options
	ctx    context.Context // ends when the server closes
	models *models.Set
	idle   sync.WaitGroup

	mu      sync.Mutex
	all     []*Job
	count   int
	working bool
	changed chan struct{} // closed at every change
}

// New returns a Queue that adds the models that it trains to a set.
func New(ctx context.Context, set *models.Set, opt Options) *Queue {
	return &Queue{opt: opt, ctx: ctx, models: set, changed: make(chan struct{})}
}

// Wait waits for the running job, after the context of New has ended.
func (q *Queue) Wait() { q.idle.Wait() }

// maxKept is the maximum number of ended jobs to remember.
const maxKept = 30

// change runs f under the lock and wakes all watchers.
func (q *Queue) change(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
	close(q.changed)
	q.changed = make(chan struct{})
}

// add queues a job and returns its name. dir is the run directory that it resumes, or "".
func (q *Queue) add(dir, kind, title string,
	work func(ctx context.Context, j *Job) error) (string, error) {
	var id string
	var err error
	q.change(func() {
		waiting := 0
		for _, j := range q.all {
			if j.State == Queued {
				waiting++
			}
		}
		switch {
		case q.ctx.Err() != nil:
			err = web.Refuse(http.StatusServiceUnavailable, "", "the server is closing")
			return
		case waiting >= q.opt.Waiting:
			err = web.Refuse(http.StatusTooManyRequests, "",
				"%d jobs are waiting already; cancel one, or wait", waiting)
			return
		case dir != "" && q.busy(dir):
			err = web.Refuse(http.StatusConflict, "run", "this run is being trained already")
			return
		}
		q.count++
		id = fmt.Sprintf("%s-%d", kind, q.count)
		q.all = append(q.all,
			&Job{ID: id, Kind: kind, Title: title, State: Queued, stride: 1, dir: dir, work: work})
		q.forget()
		if !q.working {
			q.working = true
			q.idle.Go(q.run)
		}
	})
	return id, err
}

// forget drops the oldest ended jobs. The caller must hold mu.
func (q *Queue) forget() {
	for i := 0; len(q.all) > maxKept+q.opt.Waiting && i < len(q.all); {
		if q.all[i].ended() {
			q.all = append(q.all[:i], q.all[i+1:]...)
		} else {
			i++
		}
	}
}

// busy reports whether a job trains a run or is queued to train it. The caller must hold mu.
func (q *Queue) busy(dir string) bool {
	for _, j := range q.all {
		if j.dir == dir && !j.ended() {
			return true
		}
	}
	return false
}

// run runs jobs until none is left.
func (q *Queue) run() {
	for {
		ctx, j := q.next()
		if j == nil {
			return
		}
		err := attempt(ctx, j)
		q.change(func() {
			j.cancel()
			j.Doing, j.work = "", nil
			switch {
			case err == nil:
				j.State, j.Progress = Done, 1
			case errors.Is(err, context.Canceled):
				j.State = Cancelled
			default:
				j.State, j.Error = Failed, err.Error()
			}
		})
	}
}

// next starts the first waiting job, or returns nil if there is none.
func (q *Queue) next() (ctx context.Context, first *Job) {
	q.change(func() {
		for _, j := range q.all {
			if j.State == Queued && q.ctx.Err() == nil {
				ctx, j.cancel = context.WithCancel(q.ctx)
				j.State, first = Running, j
				return
			}
		}
		q.working = false
	})
	return ctx, first
}

// attempt runs a job. It returns a panic as an error, so that the server continues.
func attempt(ctx context.Context, j *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	return j.work(ctx, j)
}

// stop cancels a job. Cancelling a cancelled job has no effect; a job that has ended by itself
// cannot be cancelled.
func (q *Queue) stop(id string) error {
	err := web.Refuse(http.StatusNotFound, "job", "there is no job %.40q; GET /api/jobs lists them",
		id)
	q.change(func() {
		for _, j := range q.all {
			if j.ID != id {
				continue
			}
			err = nil
			switch j.State {
			case Queued:
				j.State, j.work = Cancelled, nil
			case Running:
				j.cancel()
			case Done, Failed:
				err = web.Refuse(http.StatusConflict, "job",
					"%s has ended (%s); there is nothing to cancel", id, j.State)
			}
		}
	})
	return err
}

// List returns copies of all jobs, and a channel that is closed when they change.
func (q *Queue) List() ([]Job, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all, place := []Job{}, 0
	for _, j := range q.all {
		c := *j
		c.Curve, c.Valid = append([]Point(nil), j.Curve...), append([]Point(nil), j.Valid...)
		c.Samples = append([]Sample(nil), j.Samples...)
		if c.State == Queued {
			place++
			c.Position = place
		}
		all = append(all, c)
	}
	return all, q.changed
}
