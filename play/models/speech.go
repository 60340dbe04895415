package models

import (
	"context"
	"time"

	"lmzoo/lm"
	"lmzoo/lm/sample"
)

// Speech describes a text to generate.
type Speech struct {
	Prompt
	sample.Options
	Seed         uint64
	Pace         float64 // maximum tokens per second (0: no limit)
	Alternatives int     // likeliest tokens to report with each token
}

// Utterance is one or more tokens that together make whole characters.
type Utterance struct {
	Text   string  `json:"text"`
	Tokens []Token `json:"tokens"`
}

// The reasons why a speech ends.
const (
	EndStop   = "stop"   // the document ended, or the caller stopped
	EndLength = "length" // the maximum number of tokens was reached
)

// Speak generates a text and yields it piece by piece, until yield returns false. It returns the
// reason why the text ended.
func (m *Model) Speak(ctx context.Context, s Speech,
	yield func(Utterance) bool) (reason string, err error) {
	warps, err := s.Warps()
	if err != nil {
		return "", err
	}
	draw := sample.New(sample.Rand(s.Seed), warps...)
	state, next, err := m.memory.start(s.Tokens)
	if err != nil {
		return "", err
	}
	own := m.restrict(s.Prompt, next)
	v := newVoice(m, s.Prompt)
	begin := time.Now()
	var warped []float64
	for n := 0; n < s.Max; n++ {
		if n > 0 {
			own = state.NextLogProbs(own)
		}
		warped = append(warped[:0], own...)
		t, err := draw.Draw(warped)
		if err != nil {
			return "", err
		}
		if t == lm.BOS {
			v.flush(yield)
			return EndStop, nil
		}
		if !v.say(m.Token(t, own, s.Alternatives), yield) {
			return EndStop, nil
		}
		state.Push(t)
		if err := KeepPace(ctx, begin, n+1, s.Pace); err != nil {
			return "", err
		}
	}
	v.flush(yield)
	return EndLength, nil
}

// KeepPace waits until n tokens may have been generated since begin.
func KeepPace(ctx context.Context, begin time.Time, n int, pace float64) error {
	if pace > 0 {
		due := begin.Add(time.Duration(float64(n) / pace * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			late := time.NewTimer(wait)
			defer late.Stop()
			select {
			case <-late.C:
			case <-ctx.Done():
			}
		}
	}
	return ctx.Err()
}
