package eval

import (
	"fmt"

	"lmzoo/corpus"
)

// ClassResult is what a model paid for the events of one class, beside what they cost who knows the truth.
type ClassResult struct {
	Class     corpus.Class
	Events    int
	Nats      float64 // of the model
	TruthNats float64 // of the exact distribution: −ln p of what was drawn
	Entropy   float64 // what TruthNats would be on average
}

// Gap is how many nats per event the model is away from the limit.
func (c ClassResult) Gap() float64 { return (c.Nats - c.TruthNats) / float64(c.Events) }

// classify lays the tokens over the events. A token belongs to the event that holds its last byte; that
// is exact where no token spans events, and says "the event it completes" where one does. The end of
// the document belongs to the last event.
func (v *verdict) classify(d corpus.Document, ends []int, logProbs []float64) error {
	if len(d.Truth) == 0 {
		return nil
	}
	at, token := 0, 0
	for n, e := range d.Truth {
		at += e.Bytes
		if e.Class >= corpus.NumClasses || e.Bytes < 0 || at > d.Bytes() {
			return fmt.Errorf("event %d of the truth does not fit: class %d, bytes up to %d of %d", n+1, e.Class, at, d.Bytes())
		}
		c := &v.classes[e.Class]
		part := &v.parts[partOf(at-1, len(v.parts), d.Bytes())]
		c.Events++
		part.Events++
		c.TruthNats += e.Nats
		part.TruthNats += e.Nats
		c.Entropy += e.Entropy
		for token < len(ends) && (n == len(d.Truth)-1 || ends[token] <= at && !last(token, ends, d)) {
			c.Nats -= min(logProbs[token], 0)
			token++
		}
	}
	if at != d.Bytes() {
		return fmt.Errorf("the truth covers %d bytes of %d: every event says how many it wrote, the end of the document included", at, d.Bytes())
	}
	return nil
}

// last says whether a token is the end of the document, which belongs to the last event even if both have no bytes.
func last(token int, ends []int, d corpus.Document) bool { return !d.Cut && token == len(ends)-1 }
