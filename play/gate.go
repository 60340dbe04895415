package play

import (
	"context"
	"net/http"
	"time"
)

// gate lets so many requests in at once. Those that find it full wait a while, and are then sent away.
type gate struct {
	inside   chan struct{}
	patience time.Duration
}

func newGate(n int, patience time.Duration) gate { return gate{make(chan struct{}, n), patience} }

func (g gate) enter(ctx context.Context) error {
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
	return refuse(http.StatusTooManyRequests, "", "%d requests of this kind are being answered; try again when one of them has ended", cap(g.inside))
}

func (g gate) leave() { <-g.inside }
