package eval

import (
	"fmt"

	"lmzoo/corpus"
)

// ClassResult sums the cost of the events of one class, under a model and under the true
// distribution.
type ClassResult struct {
	Class     corpus.Class
	Events    int
	Nats      float64 // of the model
	TruthNats float64 // −ln p of the events, under the exact distribution
	Entropy   float64 // the expected value of TruthNats
}

// Gap returns the distance of the model from the limit, in nats per event.
func (c ClassResult) Gap() float64 { return (c.Nats - c.TruthNats) / float64(c.Events) }

// classify assigns the tokens to the events. A token belongs to the event that contains its last
// byte, so a token that spans several events belongs to the event that it completes. The end of the
// document belongs to the last event.
func (v *verdict) classify(d corpus.Document, ends []int, logProbs []float64) error {
	if len(d.Truth) == 0 {
		return nil
	}
	at, token := 0, 0
	for n, e := range d.Truth {
		at += e.Bytes
		if e.Class >= corpus.NumClasses || e.Bytes < 0 || at > d.Bytes() {
			return fmt.Errorf("event %d of the truth: class %d, bytes up to %d of %d; want a "+
				"known class and bytes inside the document", n+1, e.Class, at, d.Bytes())
		}
		c := &v.classes[e.Class]
		part := &v.parts[partOf(at-1, len(v.parts), d.Bytes())]
		c.Events++
		part.Events++
		c.TruthNats += e.Nats
		part.TruthNats += e.Nats
		c.Entropy += e.Entropy
		for token < len(ends) &&
			(n == len(d.Truth)-1 || ends[token] <= at && !last(token, ends, d)) {
			c.Nats -= min(logProbs[token], 0)
			token++
		}
	}
	if at != d.Bytes() {
		return fmt.Errorf("the events of the truth cover %d bytes; want %d, the document with "+
			"its end",
			at, d.Bytes())
	}
	return nil
}

// last reports whether a token is the end of the document. It belongs to the last event even if
// neither has bytes.
func last(token int, ends []int, d corpus.Document) bool { return !d.Cut && token == len(ends)-1 }
