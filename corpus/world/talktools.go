package world

import (
	"slices"
	"strconv"
	"strings"
)

// compute returns the value of a sum whose digits are words, in the same form, or "" for any other
// text.
func compute(words []string) string {
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(signs, w) })
	if at < 0 {
		return ""
	}
	x, errX := strconv.Atoi(strings.Join(words[:at], ""))
	y, errY := strconv.Atoi(strings.Join(words[at+1:], ""))
	if errX != nil || errY != nil {
		return ""
	}
	return inDigits(calculate(x, words[at], y))
}

// callTool returns the output of a call: the result of the calculator, or the entry of the table.
func (t *Talk) callTool(c TalkCall) string {
	out := t.table[c.Input]
	if c.Tool == Calculator {
		out = compute(strings.Fields(c.Input))
	}
	if out == "" {
		return "error : not found"
	}
	return out
}
