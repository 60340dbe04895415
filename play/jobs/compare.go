package jobs

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/report"
	"lmzoo/zoo"
)

// compare queues a report on models that were trained on the same text; they are evaluated on its
// held-out part.
func (q *Queue) compare(ask Request) (string, error) {
	some, err := q.models.Some(ask.Models)
	if err != nil {
		return "", err
	}
	if len(some) == 0 {
		return "", web.Invalid("models", "is empty, and this playground has no model")
	}
	var runs []*zoo.Run
	for _, e := range some {
		if e.Run.Config.Data.SHA256 != some[0].Run.Config.Data.SHA256 {
			return "", web.Invalid("models",
				"has %s, trained on %s, and %s, trained on another text; choose models of one text",
				some[0].ID, models.CorpusName(some[0].Run.Config.Data), e.ID)
		}
		runs = append(runs, e.Run)
	}
	title := "report of " + some[0].ID
	if len(some) > 1 {
		title = fmt.Sprintf("report of %d models", len(some))
	}
	return q.add("", "compare", title, func(ctx context.Context, j *Job) error {
		page, err := q.study(ctx, j, runs)
		if err != nil {
			return err
		}
		q.change(func() { j.page, j.Report = page, "/report/"+j.ID })
		return nil
	})
}

// study evaluates runs and writes the report.
func (q *Queue) study(ctx context.Context, j *Job, runs []*zoo.Run) ([]byte, error) {
	q.change(func() { j.Doing = "reading the text" })
	data := runs[0].Config.Data
	split, err := data.Load(ctx, zoo.Input{Tokenizer: runs[0].Tokenizer.Name()})
	if err != nil {
		return nil, err
	}
	docs, part := split.Test, "test"
	if len(docs) == 0 {
		docs, part = split.Valid, "valid"
	}
	command := []string{"lmzoo", "report"}
	for _, r := range runs {
		command = append(command, r.Dir)
	}
	at := -1
	c, err := report.Collect(ctx, runs, docs, report.Options{
		Command: command, Data: data, Split: part, Train: split.Train,
		Seed: 1, Threads: q.opt.Threads,
		Progress: func(run string, done, total int) {
			if ctx.Err() != nil {
				return
			}
			q.change(func() {
				if j.Doing != "evaluating "+run {
					j.Doing = "evaluating " + run
					at++
				}
				part := float64(done) / float64(max(total, 1))
				j.Progress = (float64(at) + part) / float64(len(runs))
			})
		},
	})
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := report.HTML(&page, c); err != nil {
		return nil, err
	}
	return page.Bytes(), nil
}

// reportPolicy allows a report to use its inline scripts and styles, but not to load anything.
const reportPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src data: blob:; frame-ancestors 'self'"

// report returns the page that a job made.
func (q *Queue) report(id string) (any, error) {
	all, _ := q.List()
	for _, j := range all {
		if j.ID == id && j.page != nil {
			return web.Page{ContentType: "text/html; charset=utf-8", Policy: reportPolicy,
				Data: j.page}, nil
		}
	}
	return nil, web.Refuse(http.StatusNotFound, "job",
		"there is no report of the job %.40q; request one with POST /api/jobs", id)
}
