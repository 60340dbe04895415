package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"lmzoo/report"
)

// track is the display of one model in training: on a terminal, one line.
type track struct {
	name   string
	state  trackState
	doing  string // the activity if it is not training
	done   float64
	step   string // "120/2000"
	losses sparkline
	valid  float64 // 0: no validation yet
	// rollout summarises the last roll-out of reinforcement learning; "": none
	rollout string
	rate    float64 // tokens per second
	left    time.Duration
	result  string // the final figure
}

type trackState int

const (
	waiting trackState = iota
	running
	finished
	stopped
)

// The minimum widths at which a line shows more numbers.
const (
	wideLine  = 96
	usualLine = 62
	thinLine  = 40
	maxBar    = 30
	maxSpark  = 24
)

// line formats the track in at most width characters.
func (t *track) line(width int) string {
	name := text.Pad(text.Trim(t.name, nameWidth), nameWidth, ' ')
	switch {
	case t.state == waiting:
		return name + " waiting"
	case t.state == running && t.rate == 0 && t.doing == "":
		return name + " starting"
	case t.state == finished && t.result != "":
		line := name + " " + t.result
		if free := min(width-text.StringWidthWithoutEscSequences(line)-2,
			maxSpark); free >= minSpark {
			line += "  " + t.losses.draw(free)
		}
		return line
	}
	facts := t.facts(width)
	free := width - nameWidth - 1 - text.StringWidthWithoutEscSequences(facts)
	spark := ""
	if n := min(free/2-2, maxSpark); n >= minSpark && width >= thinLine {
		spark = text.Pad(t.losses.draw(n), n, ' ') + "  "
		free -= n + 2
	}
	return name + " " + gauge(t.done, min(free-2, maxBar)) +
		strings.Replace(facts, sparkMark, spark, 1)
}

const (
	nameWidth = 8
	minSpark  = 5
	minBar    = 4
	sparkMark = "\x00" // stands for the sparkline; it has no width
)

// facts formats the numbers that fit into the width.
func (t *track) facts(width int) string {
	percent := fmt.Sprintf("  %3.0f%%", 100*t.done)
	loss := "     –"
	if x := t.losses.last(); !math.IsNaN(x) {
		loss = fmt.Sprintf("%6.4f", x)
	}
	end := clock(t.left)
	switch {
	case t.state == stopped:
		end = "stopped"
	case t.state == finished:
		end = "done"
	case t.doing != "":
		end = t.doing
	case t.left == 0:
		end = ""
	case width >= wideLine:
		end += " left"
	}
	rate := ""
	if t.rate > 0 && !math.IsInf(t.rate, 0) {
		rate = report.Count(int(t.rate))
	}
	switch {
	case width >= usualLine && t.rollout != "":
		return fmt.Sprintf("%s  %s  %s%-9s", percent, t.rollout, sparkMark, end)
	case width >= wideLine:
		valid := "            "
		if t.valid > 0 {
			valid = fmt.Sprintf("valid %6.4f", t.valid)
		}
		return fmt.Sprintf("%s  loss %s  %s%s  %5s tokens/s  %-9s", percent, loss, sparkMark, valid,
			rate, end)
	case width >= usualLine:
		return fmt.Sprintf("%s  loss %s  %s%7s  %-7s", percent, loss, sparkMark, rate+"/s", end)
	case width >= thinLine:
		return fmt.Sprintf("%s %s %s%-7s", percent, loss, sparkMark, end)
	}
	return fmt.Sprintf("%s %s", percent, loss)
}

// plain formats the track as a line of a log.
func (t *track) plain() string {
	if t.doing != "" {
		return fmt.Sprintf("%-*s %s  %.0f%%", nameWidth, t.name, t.doing, 100*t.done)
	}
	if t.step == "" { // for example, the first roll-out takes long
		return fmt.Sprintf("%-*s before the first step", nameWidth, t.name)
	}
	line := fmt.Sprintf("%-*s step %s  loss %.4f", nameWidth, t.name, t.step, t.losses.last())
	if t.rollout != "" {
		line = fmt.Sprintf("%-*s step %s  %s", nameWidth, t.name, t.step, t.rollout)
	}
	if t.valid > 0 {
		line += fmt.Sprintf("  valid %.4f", t.valid)
	}
	return line + fmt.Sprintf("  %s tokens/s  %s left", report.Count(int(t.rate)), clock(t.left))
}

// gauge draws a fraction as a bar of width characters, or nothing if width is too small.
func gauge(part float64, width int) string {
	if width < minBar {
		return ""
	}
	n := int(min(max(part, 0), 1)*float64(width) + 0.5)
	return strings.Repeat("━", n) + strings.Repeat("╌", width-n)
}

// clock writes a time as 0:42 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
