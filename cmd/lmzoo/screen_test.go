package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// terminal interprets the output of a screen, and rewraps its lines when it becomes narrower, as
// most terminals do.
type terminal struct {
	columns int
	lines   []string // unwrapped, however many rows a line occupies
	row     int      // row of the cursor, in rows of the screen
}

// rows returns the number of rows that a line occupies.
func (t *terminal) rows(line string) int {
	return max(1, (len([]rune(line))+t.columns-1)/t.columns)
}

func (t *terminal) Write(p []byte) (int, error) {
	for frame := string(p); frame != ""; {
		switch {
		case strings.HasPrefix(frame, beginFrame):
			frame = frame[len(beginFrame):]
		case strings.HasPrefix(frame, endFrame):
			t.lines = t.lines[:t.at()]
			frame = frame[len(endFrame):]
		case strings.HasPrefix(frame, eraseLine):
			line, rest, _ := strings.Cut(frame[len(eraseLine):], "\n")
			if i := t.at(); i < len(t.lines) {
				t.lines[i] = line
			} else {
				t.lines = append(t.lines, line)
			}
			t.row += t.rows(line)
			frame = rest
		default:
			up := 0
			n, err := fmt.Sscanf(frame, "\x1b[%dF", &up)
			if n != 1 || err != nil {
				return 0, fmt.Errorf("what is %q", frame)
			}
			t.row -= up
			_, frame, _ = strings.Cut(frame, "F")
		}
	}
	return len(p), nil
}

// at returns the index of the line that contains the cursor.
func (t *terminal) at() int {
	row := 0
	for i, line := range t.lines {
		if row >= t.row {
			return i
		}
		row += t.rows(line)
	}
	return len(t.lines)
}

// resize keeps the cursor below the last line.
func (t *terminal) resize(columns int) {
	t.columns, t.row = columns, 0
	for _, line := range t.lines {
		t.row += t.rows(line)
	}
}

// TestScreen: whatever is drawn, and however the terminal is resized in between, it shows the
// permanent text once and, below it, the latest lines, none of them broken.
func TestScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 60)
		term := &terminal{columns: columns.Draw(t, "columns")}
		s := &screen{w: term, size: func() (int, int) { return term.columns, 24 }}
		var lasting []string
		for i := range rapid.IntRange(1, 12).Draw(t, "frames") {
			if rapid.Bool().Draw(t, "resize") {
				term.resize(columns.Draw(t, "columns"))
			}
			text := ""
			if rapid.Bool().Draw(t, "note") {
				text = fmt.Sprintf("n%d\n", i)
				lasting = append(lasting, strings.TrimSpace(text))
			}
			lines := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab━▁ ")), 0, 80, -1), 0,
				5).Draw(t, "lines")
			s.draw(text, lines)
			want := append([]string{}, lasting...)
			for _, line := range lines {
				want = append(want,
					string(
						[]rune(strings.TrimRight(line,
							" "))[:min(len([]rune(strings.TrimRight(line, " "))), term.columns-1)]))
			}
			require.Equal(t, want, append([]string{}, term.lines...))
		}
	})
}

// TestTrackFits: a line is never wider than allowed and contains no escape codes.
func TestTrackFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := track{
			name:  rapid.SampledFrom([]string{"gpt", "uniform", "a-long-name"}).Draw(t, "name"),
			state: trackState(rapid.IntRange(0, 3).Draw(t, "state")),
			done:  rapid.Float64Range(0, 1).Draw(t, "done"),
			valid: rapid.Float64Range(0, 10).Draw(t, "valid"),
			rate:  rapid.Float64Range(0, 1e7).Draw(t, "rate"), left: 1000 * 1000 * 1000 * 42,
			doing: rapid.SampledFrom([]string{"", "scoring"}).Draw(t, "doing"),
		}
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			tr.losses.add(rapid.Float64Range(0, 9).Draw(t, "loss"))
		}
		width := rapid.IntRange(26, 200).Draw(t, "width")
		line := strings.TrimRight(tr.line(width), " ")
		require.LessOrEqual(t, len([]rune(line)), width, "%q", line)
		require.NotContains(t, line, "\x1b")
		require.NotContains(t, line, sparkMark)
	})
}

func TestTrackLine(t *testing.T) {
	tr := track{name: "gpt", state: running, done: 0.5, rate: 58_200, left: 9e9, valid: 0.5}
	for i := range 20 {
		tr.losses.add(8 / float64(i+1))
	}
	require.Equal(t, "gpt      ━━━━━━━━╌╌╌╌╌╌╌   50%  loss 0.4000  █▆▅▄▄▃▃▂▂▂▂▁▁▁  58.2k/s  0:09",
		strings.TrimRight(tr.line(79), " "))
	tr.state = stopped
	require.Contains(t, tr.line(79), "stopped")
	tr.state, tr.result = finished, "0.2230 bits/byte"
	require.Contains(t, tr.line(79), "gpt      0.2230 bits/byte  █")
}

// TestPlainBeforeTheFirstStep: a line of a log shows no loss before there is one.
func TestPlainBeforeTheFirstStep(t *testing.T) {
	require.Equal(t, "gpt      before the first step", (&track{name: "gpt"}).plain())
}

// TestSparkline: a few means represent any number of values, in order, and no value is lost.
func TestSparkline(t *testing.T) {
	var s sparkline
	for i := range 10_000 {
		s.add(float64(10_000 - i))
	}
	require.Less(t, len(s.means), maxMeans)
	require.IsDecreasing(t, s.means)
	require.InDelta(t, 10_000-float64(s.per)/2, s.means[0], 1)
	drawn := []rune(s.draw(8))
	require.Len(t, drawn, 8)
	require.Equal(t, []rune{sparks[7], sparks[0]}, []rune{drawn[0], drawn[7]})
	var flat sparkline
	for range 5 {
		flat.add(2)
	}
	require.Equal(t, "▁▁▁▁▁", flat.draw(9))
}
