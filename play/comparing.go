package play

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"lmzoo/report"
	"lmzoo/zoo"
)

// compare queues a report of some models, judged by the text that they were all kept from.
func (s *Server) compare(q jobRequest) (string, error) {
	some, err := s.exhibits.some(q.Models)
	if err != nil {
		return "", err
	}
	if len(some) == 0 {
		return "", wrong("models", "names none, and there is none")
	}
	var runs []*zoo.Run
	for _, e := range some {
		if e.run.Config.Data.SHA256 != some[0].run.Config.Data.SHA256 {
			return "", wrong("models", "has %s, trained on %s, and %s, trained on other text: choose models that learned from the same",
				some[0].id, corpusName(some[0].run.Config.Data), e.id)
		}
		runs = append(runs, e.run)
	}
	title := "report of " + some[0].id
	if len(some) > 1 {
		title = fmt.Sprintf("report of %d models", len(some))
	}
	return s.jobs.add("compare", title, func(ctx context.Context, j *job) error {
		page, err := s.jobs.study(ctx, j, runs)
		if err != nil {
			return err
		}
		s.jobs.change(func() { j.page, j.Report = page, "/report/"+j.ID })
		return nil
	})
}

// study judges runs and writes the report.
func (js *jobs) study(ctx context.Context, j *job, runs []*zoo.Run) ([]byte, error) {
	js.change(func() { j.Doing = "reading the text" })
	data := runs[0].Config.Data
	split, err := data.Load(ctx, nil, true)
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
		Command: command, Data: data, Split: part, Train: split.Train, Seed: 1, Threads: js.opt.Threads,
		Progress: func(run string, done, total int) {
			if ctx.Err() != nil {
				return
			}
			js.change(func() {
				if j.Doing != "judging "+run {
					j.Doing = "judging " + run
					at++
				}
				j.Progress = (float64(at) + float64(done)/float64(max(total, 1))) / float64(len(runs))
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

// report answers with a page that was made before. It is complete in itself: its scripts and styles are inside.
func (s *Server) report(w http.ResponseWriter, r *http.Request) error {
	all, _ := s.jobs.list()
	for _, j := range all {
		if j.ID == r.PathValue("job") && j.page != nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'")
			_, _ = w.Write(j.page) // or the client has left
			return nil
		}
	}
	return refuse(http.StatusNotFound, "job", "there is no report of the job %.40q; ask for one with POST /api/jobs", r.PathValue("job"))
}
