package lmtest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// TestCheckStreamsPasses checks that a model without streams of its own passes, because its streams
// are States.
func TestCheckStreamsPasses(t *testing.T) {
	for _, v := range []int{1, 2, 20} {
		lmtest.CheckStreams(t, newToy(v, ""), 1e-12)
	}
	lmtest.CheckStreams(t, lm.Uniform(3), 1e-12, 0, 5)
	lmtest.CheckStreams(t, streamer{newToy(9, ""), ""}, 1e-12)
}

func TestCheckStreamsFails(t *testing.T) {
	for broken, says := range map[string]string{
		"shares equal contexts": "differs from that of a State",
		"next stream":           "differs from that of a State",
		"asking pushes":         "differs from that of a State",
		"keeps contexts":        "differs from that of a State",
		"answers for closed":    "although the stream is closed",
		"replaces dst":          "another slice",
		"writes contexts":       "changes the contexts",
		"too few":               "want one for each",
		"panics":                "panics",
	} {
		t.Run(broken, func(t *testing.T) {
			w := &witness{TB: t}
			lmtest.CheckStreams(w, streamer{newToy(9, ""), broken}, 1e-9)
			require.Contains(t, strings.Join(w.said, "\n"), says)
		})
	}
}

// streamer is a Streamer that satisfies every promise except the one named by broken.
type streamer struct {
	*toy
	broken string
}

func (s streamer) Streams(contexts [][]lm.Token) lm.Streams {
	t := &toyStreams{streamer: s, closed: make([]bool, len(contexts))}
	for i, context := range contexts {
		own := append([]lm.Token(nil), context...)
		switch s.broken {
		case "keeps contexts":
			own = context
		case "writes contexts":
			for j := range context {
				context[j]++
			}
		case "shares equal contexts":
			if len(context) == 0 && i > 0 {
				t.texts = append(t.texts, t.texts[0])
				continue
			}
		}
		t.texts = append(t.texts, &own)
	}
	return t
}

type toyStreams struct {
	streamer
	texts  []*[]lm.Token
	closed []bool
}

func (s *toyStreams) NextLogProbs(dst [][]float64) [][]float64 {
	for i, text := range s.texts {
		if s.closed[i] && s.broken != "answers for closed" {
			continue
		}
		if s.broken == "replaces dst" {
			dst[i] = nil
		}
		if s.broken == "next stream" && i+1 < len(s.texts) && len(*text) > 3 {
			text = s.texts[i+1]
		}
		dst[i] = s.toy.NextLogProbs(dst[i], *text)
		if s.broken == "asking pushes" && i == 1 {
			s.Push(i, 1)
		}
	}
	if s.broken == "too few" {
		return dst[:1]
	}
	return dst
}

func (s *toyStreams) Push(i int, t lm.Token) {
	if s.broken == "panics" && t == lm.BOS {
		panic("BOS")
	}
	*s.texts[i] = append(*s.texts[i], t)
}

func (s *toyStreams) Close(i int) { s.closed[i] = true }
