package main

import "io"

// output is standard output that remembers its first error, so that a result that was not written, such as one for a
// full disk, is never taken for success by a verb that does not look.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}
