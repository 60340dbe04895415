package ngram

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"lmzoo/lm"
)

// Write describes the derivation in words. The function words returns the text of a token.
func (e *Explanation) Write(w io.Writer, words func(lm.Token) string) error {
	t := describer{words: words, e: e}
	t.line("P(%s | %s) by %s, order %d", words(e.Token), t.history(e.History), e.Smoothing, e.Order)
	t.line("")
	t.line("Without a history, every token has 1/V = %s", number(e.Uniform))
	for i := range e.Steps {
		t.step(&e.Steps[i])
	}
	t.line("")
	t.line("P = %s, %.4f nats", number(e.Prob), -e.LogProb)
	_, err := io.WriteString(w, t.text.String())
	return err
}

// describer writes an explanation as text.
type describer struct {
	text  strings.Builder
	words func(lm.Token) string
	e     *Explanation
}

func (t *describer) line(format string, args ...any) {
	fmt.Fprintf(&t.text, format+"\n", args...)
}

// history returns the text of a history, with spaces between tokens that do not include them.
func (t *describer) history(tokens []lm.Token) string {
	var b strings.Builder
	for i, w := range tokens {
		text := t.words(w)
		if i > 0 && !strings.HasPrefix(text, " ") {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

func (t *describer) step(s *Step) {
	t.line("")
	if len(s.History) == 0 {
		t.line("%s, after anything:", t.words(t.e.Token))
	} else {
		t.line("%s, after %q:", t.words(t.e.Token), t.history(s.History))
	}
	if !s.Known {
		t.line("  the history never occurs: P = %s, as above", number(s.Prob))
		return
	}
	if !s.Counted {
		t.uncounted(s)
		return
	}
	t.counted(s)
}

// uncounted describes a step of a model without counts.
func (t *describer) uncounted(s *Step) {
	if s.Seen {
		t.line("  P = %s, stored in the model", number(s.Prob))
		return
	}
	t.line("  not stored in the model: P = γ P(shorter history) = %s · %s = %s", number(s.Gamma),
		number(s.Lower), number(s.Prob))
}

// counted describes a step with its counts.
func (t *describer) counted(s *Step) {
	switch {
	case !s.Seen:
		t.line("  never seen here; %s seen", plural(s.Types, "different token"))
	case s.Continuation:
		t.line("  it occurs %s, but what counts is that it follows %s",
			plural(float64(s.Occurs), "time"), plural(float64(s.Count), "different token"))
	default:
		t.line("  seen %s of %s here; %s seen", plural(float64(s.Count), "time"),
			whole(s.Total), plural(s.Types, "different token"))
	}
	if s.Pruned {
		t.line("  (n-grams of this history were pruned; γ includes their probability)")
	}
	if t.e.Smoothing == "stupid-backoff" {
		t.stupid(s)
		return
	}
	if s.Seen {
		t.value("α", s.AlphaText, s.Alpha)
	}
	formula := s.GammaText
	if s.Pruned {
		formula = "" // it would ignore the pruned n-grams
	}
	t.value("γ", formula, s.Gamma)
	t.line("  P = α + γ P(shorter history) = %s + %s · %s = %s", number(s.Alpha), number(s.Gamma),
		number(s.Lower), number(s.Prob))
}

// value writes a number with its formula, if any.
func (t *describer) value(name, formula string, v float64) {
	if formula == "" {
		t.line("  %s = %s", name, number(v))
		return
	}
	t.line("  %s = %s = %s", name, formula, number(v))
}

// stupid describes a step of stupid backoff: the score and its normalisation.
func (t *describer) stupid(s *Step) {
	if s.Seen {
		t.line("  S = %s = %s; the scores of this history sum to Z = %s", s.AlphaText,
			number(s.Alpha), number(s.Alpha/s.Prob))
		t.line("  P = S / Z = %s", number(s.Prob))
		return
	}
	t.line("  S = %s of the shorter history's S; scaled so that all sum to 1:", s.GammaText)
	t.line("  P = γ P(shorter history) = %s · %s = %s", number(s.Gamma), number(s.Lower),
		number(s.Prob))
}

// number returns v with four digits.
func number(v float64) string { return fmt.Sprintf("%.4g", v) }

func plural(n float64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return whole(n) + " " + what + "s"
}

// whole returns all digits of a count.
func whole(n float64) string {
	if n != math.Trunc(n) || math.Abs(n) >= 1e15 {
		return number(n)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
