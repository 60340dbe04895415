package jobs

import (
	"context"
	"net/http"
	"time"

	"lmzoo/play/web"
)

// Request describes a job to start.
type Request struct {
	Kind string `json:"kind"` // train, resume, compare or lab

	// fields of the kind train
	Species   string  `json:"species"`
	Size      string  `json:"size"`
	Corpus    string  `json:"corpus"` // world, or text
	Text      string  `json:"text"`
	Tokenizer string  `json:"tokenizer"` // "": word for the world, char for a text
	Vocab     int     `json:"vocab"`
	Budget    float64 `json:"budget"` // seconds
	Seed      uint64  `json:"seed"`

	// field of the kind resume
	Run string `json:"run"` // name of a run, as in /api/unfinished

	// field of the kind compare
	Models []string `json:"models"`

	// field of the kind lab
	Experiment string `json:"experiment"`
}

// Routes returns the handlers by pattern. requests admits short requests, and watchers admits
// streams of changes.
func (q *Queue) Routes(desk *web.Desk, requests, watchers *web.Gate) map[string]http.HandlerFunc {
	answer := func(f func(r *http.Request) (any, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			desk.Answer(w, r, requests, func(context.Context) (any, error) { return f(r) })
		}
	}
	return map[string]http.HandlerFunc{
		"GET /api/jobs": answer(func(*http.Request) (any, error) {
			all, _ := q.List()
			return map[string]any{"jobs": all}, nil
		}),
		"POST /api/jobs": func(w http.ResponseWriter, r *http.Request) {
			var ask Request
			if err := desk.Read(w, r, &ask, web.BodyOf(q.opt.TextBytes)); err != nil {
				desk.Fail(w, err)
				return
			}
			answer(func(*http.Request) (any, error) { return q.start(ask) })(w, r)
		},
		"DELETE /api/jobs/{job}": answer(func(r *http.Request) (any, error) {
			id := r.PathValue("job")
			return map[string]any{"cancelled": id}, q.stop(id)
		}),
		"GET /api/unfinished": answer(func(*http.Request) (any, error) {
			return map[string]any{"runs": q.unfinished()}, nil
		}),
		"GET /api/jobs/events": func(w http.ResponseWriter, r *http.Request) {
			desk.Stream(w, r, watchers, q.watch)
		},
		"GET /report/{job}": answer(func(r *http.Request) (any, error) {
			return q.report(r.PathValue("job"))
		}),
	}
}

// start queues the requested job.
func (q *Queue) start(ask Request) (any, error) {
	var id string
	var err error
	switch ask.Kind {
	case "train":
		id, err = q.train(ask)
	case "resume":
		id, err = q.resume(ask)
	case "compare":
		id, err = q.compare(ask)
	case "lab":
		id, err = q.experiment(ask)
	default:
		err = web.Invalid("kind", "is %.40q; want train, resume, compare or lab", ask.Kind)
	}
	if err != nil {
		return nil, err
	}
	return web.Status{Code: http.StatusAccepted, Value: map[string]any{"job": id}}, nil
}

// The minimum interval between two updates for a watcher, and the interval of keep-alive messages.
const (
	watchPause = 200 * time.Millisecond
	watchPing  = 15 * time.Second
)

// watch streams all jobs at every change.
func (q *Queue) watch(ctx context.Context, out *web.Stream) {
	if out.Write([]byte("retry: 500\n\n")) != nil { // milliseconds until a browser reconnects
		return
	}
	ping, pause := time.NewTicker(watchPing), time.NewTicker(watchPause)
	defer ping.Stop()
	defer pause.Stop()
	for {
		all, changed := q.List()
		if out.Send("jobs", map[string]any{"jobs": all}) != nil {
			return // the client has left
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-ping.C:
				if out.Ping() != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}
