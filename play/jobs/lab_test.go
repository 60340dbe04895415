package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/lab"
	"lmzoo/play/playtest"
)

// experiments returns one that ends at once, one that waits to be cancelled, and one that fails.
func experiments() []lab.Experiment {
	run := func(name string, f func(ctx context.Context) error) lab.Experiment {
		return lab.Experiment{Name: name, Run: func(ctx context.Context, env *lab.Env) (
			*lab.Result, error) {
			env.Progress("doing " + name)
			if err := f(ctx); err != nil {
				return nil, err
			}
			return &lab.Result{Seeds: []lab.Verdict{{Seed: env.Seeds[0], Held: true}}}, nil
		}}
	}
	return []lab.Experiment{
		run("quick", func(context.Context) error { return nil }),
		run("long", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }),
		run("broken", func(context.Context) error { return errors.New("no data") }),
	}
}

func TestExperiment(t *testing.T) {
	results := make(chan *lab.Result, 1)
	_, ts := testServer(t, Options{TrainDir: t.TempDir(), Experiments: experiments(),
		Finished: func(r *lab.Result) { results <- r }})
	start := func(name string) string {
		return playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
			`{"kind":"lab","experiment":"`+name+`"}`).Job
	}
	j := settled(t, ts.URL, start("quick"))
	require.Equal(t, Done, j.State, j.Error)
	require.Equal(t, "quick", j.Experiment)
	r := <-results
	require.Equal(t, "quick", r.Name)
	require.Equal(t, lab.Quick, r.Scale)
	require.Equal(t, []lab.Verdict{{Seed: 1, Held: true}}, r.Seeds)

	long := start("long")
	require.Eventually(t, func() bool {
		all := playtest.OK[jobsReply](t, "GET", ts.URL+"/api/jobs", "").Jobs
		return all[1].Doing == "doing long"
	}, patience, 10*time.Millisecond)
	status, text := playtest.Call(t, "POST", ts.URL+"/api/jobs",
		`{"kind":"lab","experiment":"long"}`)
	require.Equal(t, 409, status, text)
	status, text = playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+long, "")
	require.Equal(t, 200, status, text)
	require.Equal(t, Cancelled, settled(t, ts.URL, long).State)
	require.Empty(t, results, "a cancelled experiment has no result")

	j = settled(t, ts.URL, start("broken"))
	require.Equal(t, Failed, j.State)
	require.Equal(t, "no data", j.Error)

	status, text = playtest.Call(t, "POST", ts.URL+"/api/jobs",
		`{"kind":"lab","experiment":"quik"}`)
	require.Equal(t, 400, status)
	require.Contains(t, text, "quick")
}

// TestExperimentDisabled checks that a playground without training runs no experiment.
func TestExperimentDisabled(t *testing.T) {
	_, ts := testServer(t, Options{Experiments: experiments()})
	status, _ := playtest.Call(t, "POST", ts.URL+"/api/jobs",
		`{"kind":"lab","experiment":"quick"}`)
	require.Equal(t, 403, status)
}
