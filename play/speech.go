package play

import (
	"context"
	"math"
	"time"
	"unicode/utf8"

	"lmzoo/lm"
	"lmzoo/lm/sample"
)

// speech is what a model is asked to say.
type speech struct {
	reading
	sample.Options
	seed         uint64
	pace         float64 // tokens per second at most; 0: as fast as it can
	alternatives int     // how many likelier tokens to tell with each
}

// utterance is one or more tokens that together make whole characters.
type utterance struct {
	Text   string   `json:"text"`
	Tokens []spoken `json:"tokens"`
}

// spoken is a drawn token and its probability, the model's own, before temperature and cuts.
type spoken struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
	Top  []choice `json:"top,omitempty"` // the likeliest in its place

	logProb float64
}

// choice is a token that might have come.
type choice struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
}

// How a speech ends.
const (
	endStop   = "stop"   // the document ends, or a word was said that is to stop it
	endLength = "length" // all tokens that were asked for
	endTime   = "time"   // the server gives no longer
)

// speak lets a model say something, and yields it as it comes until yield says no. It returns why it ended.
func (e *exhibit) speak(ctx context.Context, sp speech, yield func(utterance) bool) (reason string, err error) {
	warps, err := sp.Warps()
	if err != nil {
		return "", err
	}
	draw := sample.New(sample.Rand(sp.seed), warps...)
	state, next, err := e.memory.start(sp.tokens)
	if err != nil {
		return "", err
	}
	own := e.restrict(sp.reading, next)
	v := voice{e: e}
	if sp.unfinished == "" && e.tokenizer().Name() == "whitespace" && len(sp.tokens) > 0 {
		v.glue = " "
	}
	v.begun = sp.unfinished
	begin := time.Now()
	var warped []float64
	for n := 0; n < sp.Max; n++ {
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
			return endStop, nil
		}
		if !v.say(e.spoken(t, own, sp.alternatives), yield) {
			return endStop, nil
		}
		state.Push(t)
		if err := keepPace(ctx, begin, n+1, sp.pace); err != nil {
			return "", err
		}
	}
	v.flush(yield)
	return endLength, nil
}

// keepPace waits until n tokens may have been said since begin.
func keepPace(ctx context.Context, begin time.Time, n int, pace float64) error {
	if pace > 0 {
		if wait := time.Until(begin.Add(time.Duration(float64(n) / pace * float64(time.Second)))); wait > 0 {
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

func (e *exhibit) spoken(t lm.Token, logProbs []float64, alternatives int) spoken {
	s := spoken{ID: t, Text: e.show(t), P: math.Exp(logProbs[t]), logProb: logProbs[t]}
	for _, a := range likeliest(logProbs, alternatives) {
		s.Top = append(s.Top, choice{a, e.show(a), math.Exp(logProbs[a])})
	}
	return s
}

// voice turns tokens into text as soon as they make whole characters.
type voice struct {
	e      *exhibit
	glue   string // between words that come without their spaces
	begun  string // the beginning of the first word, which stands in the prompt
	ids    []lm.Token
	tokens []spoken
}

// say takes the next token; it returns false when yield does.
func (v *voice) say(s spoken, yield func(utterance) bool) bool {
	v.ids, v.tokens = append(v.ids, s.ID), append(v.tokens, s)
	text := v.e.tokenizer().Decode(v.ids)
	if r, size := utf8.DecodeLastRuneInString(text); len(v.ids) < 2*utf8.UTFMax && (text == "" || r == utf8.RuneError && size == 1) {
		return true // perhaps the rest of a character follows
	}
	return v.flush(yield)
}

// flush yields what there is.
func (v *voice) flush(yield func(utterance) bool) bool {
	if len(v.ids) == 0 {
		return true
	}
	text := v.glue + v.e.tokenizer().Decode(v.ids)
	if len(v.begun) <= len(text) && text[:len(v.begun)] == v.begun {
		text = text[len(v.begun):]
	}
	u := utterance{Text: text, Tokens: v.tokens}
	v.ids, v.tokens, v.begun = nil, nil, ""
	if v.e.tokenizer().Name() == "whitespace" {
		v.glue = " "
	}
	return yield(u)
}
