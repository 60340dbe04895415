package play

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// jobs are the slow things, models to train and comparisons to make. They are done one at a time, in the order in which they were asked for.
type jobs struct {
	opt      Options
	ctx      context.Context
	exhibits *exhibits
	idle     sync.WaitGroup

	mu      sync.Mutex
	all     []*job
	count   int
	working bool
	changed chan struct{} // closed at every change
}

// The states of a job.
const (
	jobQueued    = "queued"
	jobRunning   = "running"
	jobDone      = "done"
	jobFailed    = "failed"
	jobCancelled = "cancelled"
)

// job is one of them. Its fields change under the mutex of jobs.
type job struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"` // train or compare
	Title    string     `json:"title"`
	State    string     `json:"state"`
	Position int        `json:"position,omitempty"` // in the queue, from 1
	Progress float64    `json:"progress"`           // 0 to 1
	Doing    string     `json:"doing,omitempty"`
	Step     int        `json:"step,omitempty"`
	Tokens   int        `json:"tokens,omitempty"`
	Seconds  float64    `json:"seconds,omitempty"`
	Curve    []progress `json:"curve,omitempty"` // of the training loss
	Valid    []progress `json:"valid,omitempty"` // of the validation
	Error    string     `json:"error,omitempty"`
	Model    string     `json:"model,omitempty"`  // that came of it
	Report   string     `json:"report,omitempty"` // where it is

	stride int    // steps between points of the curve
	dir    string // of the run it trains, once there is one
	work   func(ctx context.Context, j *job) error
	cancel context.CancelFunc // of a running one
	page   []byte             // the report
}

// progress is a point of a learning curve.
type progress struct {
	Step    int `json:"step"`
	Tokens  int `json:"tokens"`
	Seconds num `json:"seconds"`
	Loss    num `json:"loss"` // nats per token
}

const (
	maxCurve = 300 // points
	maxKept  = 30  // jobs that are over
)

func newJobs(ctx context.Context, opt Options, es *exhibits) *jobs {
	return &jobs{opt: opt, ctx: ctx, exhibits: es, changed: make(chan struct{})}
}

// wait waits for the job that is running, after its context has ended.
func (js *jobs) wait() { js.idle.Wait() }

// change changes something and wakes those who watch.
func (js *jobs) change(f func()) {
	js.mu.Lock()
	defer js.mu.Unlock()
	f()
	close(js.changed)
	js.changed = make(chan struct{})
}

// add queues a job and returns its name.
func (js *jobs) add(kind, title string, work func(ctx context.Context, j *job) error) (string, error) {
	return js.addIn("", kind, title, work)
}

// addIn queues a job on a run that is there already.
func (js *jobs) addIn(dir, kind, title string, work func(ctx context.Context, j *job) error) (string, error) {
	var id string
	var err error
	js.change(func() {
		waiting := 0
		for _, j := range js.all {
			if j.State == jobQueued {
				waiting++
			}
		}
		switch {
		case js.ctx.Err() != nil:
			err = refuse(http.StatusServiceUnavailable, "", "the server is closing")
			return
		case waiting >= js.opt.Limits.Jobs:
			err = refuse(http.StatusTooManyRequests, "", "%d jobs are waiting already; cancel one, or wait", waiting)
			return
		case dir != "" && js.busy(dir):
			err = refuse(http.StatusConflict, "run", "this run is being trained already")
			return
		}
		js.count++
		id = fmt.Sprintf("%s-%d", kind, js.count)
		js.all = append(js.all, &job{ID: id, Kind: kind, Title: title, State: jobQueued, stride: 1, dir: dir, work: work})
		js.forget()
		if !js.working {
			js.working = true
			js.idle.Go(js.run)
		}
	})
	return id, err
}

// forget drops the oldest jobs that are over.
func (js *jobs) forget() {
	for i := 0; len(js.all) > maxKept+js.opt.Limits.Jobs && i < len(js.all); {
		switch js.all[i].State {
		case jobQueued, jobRunning:
			i++
		default:
			js.all = append(js.all[:i], js.all[i+1:]...)
		}
	}
}

// run does the jobs until there are none.
func (js *jobs) run() {
	for {
		var j *job
		var ctx context.Context
		js.change(func() {
			for _, next := range js.all {
				if next.State == jobQueued && js.ctx.Err() == nil {
					j = next
					break
				}
			}
			if j == nil {
				js.working = false
				return
			}
			ctx, j.cancel = context.WithCancel(js.ctx)
			j.State = jobRunning
		})
		if j == nil {
			return
		}
		err := attempt(ctx, j)
		js.change(func() {
			j.cancel()
			j.Doing, j.work = "", nil
			switch {
			case err == nil:
				j.State, j.Progress = jobDone, 1
			case errors.Is(err, context.Canceled):
				j.State = jobCancelled
			default:
				j.State, j.Error = jobFailed, err.Error()
			}
		})
	}
}

// attempt does a job; a panic in it is an error and not the end of the server.
func attempt(ctx context.Context, j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("something is wrong in this program: %v", p)
		}
	}()
	return j.work(ctx, j)
}

// stop cancels a job. One that is cancelled already stays so; one that has come to an end by itself cannot be cancelled any more.
func (js *jobs) stop(id string) error {
	err := refuse(http.StatusNotFound, "job", "there is no job %.40q; GET /api/jobs lists them", id)
	js.change(func() {
		for _, j := range js.all {
			if j.ID != id {
				continue
			}
			err = nil
			switch j.State {
			case jobQueued:
				j.State, j.work = jobCancelled, nil
			case jobRunning:
				j.cancel()
			case jobDone, jobFailed:
				err = refuse(http.StatusConflict, "job", "%s is over (%s); there is nothing to cancel", id, j.State)
			}
		}
	})
	return err
}

// list returns copies of all jobs, and a channel that is closed when they change.
func (js *jobs) list() ([]job, <-chan struct{}) {
	js.mu.Lock()
	defer js.mu.Unlock()
	all, place := []job{}, 0
	for _, j := range js.all {
		c := *j
		c.Curve, c.Valid = append([]progress(nil), j.Curve...), append([]progress(nil), j.Valid...)
		if c.State == jobQueued {
			place++
			c.Position = place
		}
		all = append(all, c)
	}
	return all, js.changed
}

// note adds a point to the curve of a job; from a long curve every second point is dropped.
func (j *job) note(p progress) {
	if p.Step%j.stride != 0 {
		return
	}
	j.Curve = append(j.Curve, p)
	if len(j.Curve) > maxCurve {
		j.stride *= 2
		kept := j.Curve[:0]
		for _, p := range j.Curve {
			if p.Step%j.stride == 0 {
				kept = append(kept, p)
			}
		}
		j.Curve = kept
	}
}

func (s *Server) listJobs(w http.ResponseWriter, _ *http.Request) error {
	all, _ := s.jobs.list()
	reply(w, http.StatusOK, map[string]any{"jobs": all})
	return nil
}

// How often those who watch are told: at most, and at least.
const (
	watchPause = 200 * time.Millisecond
	watchAlive = 15 * time.Second
)

// watchJobs streams the jobs, all of them at every change.
func (s *Server) watchJobs(w http.ResponseWriter, r *http.Request) error {
	out := newStream(w, s.opt.Limits.WriteTime)
	if out.write([]byte("retry: 500\n\n")) != nil { // milliseconds until a browser asks again, should this server go
		return nil
	}
	alive, pause := time.NewTicker(watchAlive), time.NewTicker(watchPause)
	defer alive.Stop()
	defer pause.Stop()
	for {
		all, changed := s.jobs.list()
		if out.send("jobs", map[string]any{"jobs": all}) != nil {
			return nil // the client has left
		}
		select {
		case <-pause.C:
		case <-r.Context().Done():
			return nil
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-alive.C:
				if out.alive() != nil {
					return nil
				}
			case <-r.Context().Done():
				return nil
			}
		}
	}
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	if err := s.jobs.stop(r.PathValue("job")); err != nil {
		return err
	}
	reply(w, http.StatusOK, map[string]any{"cancelled": r.PathValue("job")})
	return nil
}

// jobRequest asks for something slow.
type jobRequest struct {
	Kind string `json:"kind"` // train, resume or compare

	// train
	Species   string  `json:"species"`
	Size      string  `json:"size"`
	Corpus    string  `json:"corpus"` // world, or text
	Text      string  `json:"text"`
	Tokenizer string  `json:"tokenizer"` // "": word for the world, char for a text
	Vocab     int     `json:"vocab"`
	Budget    float64 `json:"budget"` // seconds
	Seed      uint64  `json:"seed"`

	// resume
	Run string `json:"run"` // one of those that are unfinished

	// compare
	Models []string `json:"models"`
}

func (s *Server) startJob(w http.ResponseWriter, r *http.Request) error {
	var q jobRequest
	if err := read(w, r, &q, bodyOf(s.opt.Limits.TextBytes), false); err != nil {
		return err
	}
	var id string
	var err error
	switch q.Kind {
	case "train":
		id, err = s.train(q)
	case "resume":
		id, err = s.resume(q)
	case "compare":
		id, err = s.compare(q)
	default:
		err = wrong("kind", "is %.40q; expected train, resume or compare", q.Kind)
	}
	if err != nil {
		return err
	}
	reply(w, http.StatusAccepted, map[string]any{"job": id})
	return nil
}
