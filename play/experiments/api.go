// Package experiments serves the experiments of package lab to the playground: their claims, the
// results that the documentation reports, and the results of quick runs on this machine.
package experiments

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"

	"lmzoo/lab"
	"lmzoo/play/web"
	"lmzoo/report"
)

// API answers the requests for experiments. It is safe for concurrent use.
type API struct {
	Desk        *web.Desk
	Requests    *web.Gate        // admits all requests
	Experiments []lab.Experiment // experiments in the order of the page
	CanRun      bool             // whether visitors may run them (see package jobs)

	mu      sync.Mutex
	results []*lab.Result // at most one result per experiment and scale
}

// Routes returns the handlers by pattern.
func (a *API) Routes() map[string]http.HandlerFunc {
	answer := func(f func(r *http.Request) (any, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			a.Desk.Answer(w, r, a.Requests, func(context.Context) (any, error) { return f(r) })
		}
	}
	return map[string]http.HandlerFunc{
		"GET /api/lab": answer(func(*http.Request) (any, error) {
			return map[string]any{"experiments": a.list(), "topics": lab.Topics}, nil
		}),
		"GET /report/lab/{experiment}/{scale}": answer(func(r *http.Request) (any, error) {
			return a.page(r.PathValue("experiment"), lab.Scale(r.PathValue("scale")))
		}),
	}
}

// Add adds results. A result replaces an earlier result of the same experiment and scale.
func (a *API) Add(results ...*lab.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range results {
		a.results = slices.DeleteFunc(a.results, func(old *lab.Result) bool {
			return old.Name == r.Name && old.Scale == r.Scale
		})
		a.results = append(a.results, r)
	}
}

// of returns the results of an experiment, starting with the full scale.
func (a *API) of(name string) (all []*lab.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, scale := range []lab.Scale{lab.Full, lab.Quick} {
		for _, r := range a.results {
			if r.Name == name && r.Scale == scale {
				all = append(all, r)
			}
		}
	}
	return all
}

// card describes an experiment with its results.
type card struct {
	lab.Experiment
	Topic    string            `json:"topic"`
	Measures map[string]string `json:"measures"` // meaning of each number of a verdict
	CanRun   bool              `json:"can_run"`  // visitors may run this experiment
	Results  []outcome         `json:"results"`
}

// outcome is the result of an experiment at one scale.
type outcome struct {
	Scale   lab.Scale `json:"scale"`
	Seconds float64   `json:"seconds"`
	Seeds   []verdict `json:"seeds"`
	Page    string    `json:"page"` // path of the figures and tables
}

// verdict is lab.Verdict for display; JSON has no NaN.
type verdict struct {
	Seed     uint64               `json:"seed"`
	Held     bool                 `json:"held"`
	Measures map[string]web.Float `json:"measures"`
}

func (a *API) list() []card {
	all := []card{}
	for _, e := range a.Experiments {
		c := card{Experiment: e, Topic: e.Topic, Measures: e.Measures, Results: []outcome{},
			CanRun: a.CanRun && e.Run != nil}
		for _, r := range a.of(e.Name) {
			o := outcome{Scale: r.Scale, Seconds: r.Seconds,
				Page: "/report/lab/" + r.Name + "/" + string(r.Scale)}
			for _, v := range r.Seeds {
				own := verdict{v.Seed, v.Held, map[string]web.Float{}}
				for name, x := range v.Measures {
					own.Measures[name] = web.Float(x)
				}
				o.Seeds = append(o.Seeds, own)
			}
			c.Results = append(c.Results, o)
		}
		all = append(all, c)
	}
	return all
}

// policy allows a page its inline styles, but no scripts and no other resources.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"frame-ancestors 'self'"

// page returns the figures and tables of a result.
func (a *API) page(name string, scale lab.Scale) (any, error) {
	for _, r := range a.of(name) {
		if r.Scale != scale {
			continue
		}
		var page bytes.Buffer
		if err := report.Experiment(&page, r); err != nil {
			return nil, err
		}
		return web.Page{ContentType: "text/html; charset=utf-8", Policy: policy,
			Data: page.Bytes()}, nil
	}
	return nil, web.Refuse(http.StatusNotFound, "experiment",
		"there is no result of %.40q at the scale %.20q; GET /api/lab lists them", name, scale)
}
