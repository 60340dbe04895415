package main

import (
	"fmt"
	"io"
	"slices"

	"lmzoo/zoo"
)

// able returns the runs for which lacks returns nil, and notes every other run, so that a directory
// may hold models of every kind. It fails if no run is left.
func able(notes io.Writer, runs []*zoo.Run, lacks func(*zoo.Run) error) ([]*zoo.Run, error) {
	var left []error
	runs = slices.DeleteFunc(slices.Clone(runs), func(r *zoo.Run) bool {
		err := lacks(r)
		if err != nil {
			left = append(left, err)
		}
		return err != nil
	})
	if len(runs) == 0 && len(left) > 0 {
		return nil, left[0]
	}
	for _, err := range left {
		fmt.Fprintf(notes, "note: left out: %s\n", printable(err.Error()))
	}
	return runs, nil
}

// lacksNext returns the reason why a run does not predict the next token, or nil if it does.
func lacksNext(r *zoo.Run) error {
	_, err := r.LM()
	return err
}

// lacksGap returns the reason why a run cannot fill a gap, or nil if it can.
func lacksGap(r *zoo.Run) error {
	_, err := r.Filler()
	return err
}
