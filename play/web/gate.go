package web

import (
	"context"
	"net/http"
	"time"
)

// Gate admits a bounded number of requests at a time. A request that finds the gate full waits for
// the time patience and is then refused.
type Gate struct {
	inside   chan struct{}
	patience time.Duration
}

// NewGate returns a gate for n requests.
func NewGate(n int, patience time.Duration) Gate { return Gate{make(chan struct{}, n), patience} }

// Inside returns the number of requests inside.
func (g Gate) Inside() int { return len(g.inside) }

func (g Gate) enter(ctx context.Context) error {
	select {
	case g.inside <- struct{}{}:
		return nil
	default:
	}
	if g.patience > 0 {
		late := time.NewTimer(g.patience)
		defer late.Stop()
		select {
		case g.inside <- struct{}{}:
			return nil
		case <-ctx.Done():
		case <-late.C:
		}
	}
	return Refuse(http.StatusTooManyRequests, "",
		"%d requests of this kind are being answered; try again when one of them has ended",
		cap(g.inside))
}

func (g Gate) leave() { <-g.inside }
