package report

import (
	"bytes"
	"io"

	"lmzoo/lab"
)

// Experiment writes the figures of a result, or its tables if it has no figures, as a page without
// a heading, to be shown inside another page.
func Experiment(w io.Writer, r *lab.Result) error {
	e, err := newExperiment(r)
	if err != nil {
		return err
	}
	templates, err := parsed()
	if err != nil {
		return err
	}
	var out bytes.Buffer // write the page as a whole or not at all
	if err := templates.ExecuteTemplate(&out, "experiment.tmpl", e); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}
