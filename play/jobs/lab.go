package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lmzoo/lab"
	"lmzoo/play/web"
	"lmzoo/suggest"
)

// experiment queues an experiment at quick scale.
func (q *Queue) experiment(ask Request) (string, error) {
	if q.opt.TrainDir == "" {
		return "", web.Refuse(http.StatusForbidden, "", "training is disabled in this playground, "+
			"and experiments train models")
	}
	var names []string
	for _, e := range q.opt.Experiments {
		if e.Name == ask.Experiment {
			return q.addExperiment(e)
		}
		names = append(names, e.Name)
	}
	return "", web.Invalid("experiment", "is invalid: %v",
		suggest.Unknown("experiment", ask.Experiment, names))
}

// addExperiment queues an experiment, unless it is running or waiting already.
func (q *Queue) addExperiment(e lab.Experiment) (string, error) {
	all, _ := q.List()
	for _, j := range all {
		if j.Experiment == e.Name && !j.ended() {
			return "", web.Refuse(http.StatusConflict, "experiment",
				"%s is running or waiting already, as the job %s", e.Name, j.ID)
		}
	}
	id, err := q.add("", "lab", e.Name, func(ctx context.Context, j *Job) error {
		return q.try(ctx, j, e)
	})
	q.change(func() {
		for _, j := range q.all {
			if j.ID == id {
				j.Experiment = e.Name
			}
		}
	})
	return id, err
}

// try runs an experiment once, for seed 1. The store keeps the models that it pre-trains.
func (q *Queue) try(ctx context.Context, j *Job, e lab.Experiment) error {
	ctx, cancel := context.WithTimeout(ctx, q.opt.TrainingTime)
	defer cancel()
	begin := time.Now()
	r, err := e.Run(ctx, &lab.Env{
		Seeds: []uint64{1}, Threads: q.opt.Threads, Scale: lab.Quick,
		Store: lab.NewStore(q.opt.LabStore),
		Progress: func(what string) {
			q.change(func() { j.Doing, j.Seconds = what, time.Since(begin).Seconds() })
		},
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not finished after %v, the time limit of a job",
			q.opt.TrainingTime)
	}
	if err != nil {
		return err
	}
	r.Experiment, r.Scale, r.Seconds = e, lab.Quick, time.Since(begin).Seconds()
	if q.opt.Finished != nil {
		q.opt.Finished(r)
	}
	q.change(func() { j.Seconds = r.Seconds })
	return nil
}
