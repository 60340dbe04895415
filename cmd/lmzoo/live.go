package main

import (
	"context"
	"errors"
	"net"

	"github.com/spf13/cobra"

	"lmzoo/play"
	"lmzoo/train"
	"lmzoo/zoo"
)

// live displays a training run in a browser: it is the first job of a playground, which stays open
// with the model after training. Ctrl-C ends the training or, later, the playground.
type live struct {
	cat     zoo.Catalogue
	addr    string // "": do not show it
	browser bool
}

// making makes a run and notifies observers.
type making func(context.Context, ...train.Observer) (*zoo.Run, error)

// ending is the result of a training run.
type ending struct {
	run *zoo.Run
	err error
}

// do makes a run and displays it in the browser under a title; show prints the result in the
// terminal.
func (l live) do(c *cobra.Command, p *progress, title string, making making,
	show func(*zoo.Run, error) error) error {
	if l.addr == "" {
		return show(making(c.Context()))
	}
	site := playing{cat: l.cat, progress: p, out: playDir}
	listener, err := site.listen(l.addr, l.addr != usualAddr)
	if err != nil {
		return show(nil, err)
	}
	url, opt := site.site(c, listener)
	p.note("Watch it in a browser: %s/#train", url)
	ctx, stop := context.WithCancel(c.Context())
	defer stop()
	server := play.New(nil, opt)
	done, closed := queue(server, title, making), serving(ctx, server, listener)
	site.browse(url+"/#train", l.browser)

	select {
	case end := <-done:
		err = show(end.run, end.err)
	case failed := <-closed: // after Ctrl-C, any training has ended before the server
		select {
		case end := <-done:
			return show(end.run, end.err)
		default:
			return show(nil, errors.Join(failed, ctx.Err()))
		}
	}
	switch {
	case err == nil:
		p.note("The page stays open, with the model: Ctrl-C closes it.")
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		p.note("Cancelled in the browser. The page stays open: Ctrl-C closes it.")
	default:
		stop()
	}
	return errors.Join(err, <-closed)
}

// queue gives a server its first job.
func queue(server *play.Server, title string, making making) <-chan ending {
	done := make(chan ending, 1)
	err := server.Train(title,
		func(ctx context.Context, watch train.Observer) (run *zoo.Run, err error) {
			// this is the result if making panics
			end := ending{err: errors.New("internal error: the training panicked")}
			defer func() { done <- end }()
			end.run, end.err = making(ctx, watch)
			return end.run, end.err
		})
	if err != nil {
		done <- ending{err: err}
	}
	return done
}

// serving serves the playground until ctx ends.
func serving(ctx context.Context, server *play.Server, l net.Listener) <-chan error {
	closed := make(chan error, 1)
	go func() { closed <- server.Serve(ctx, l) }()
	return closed
}
