package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// stopwatch measures the time spent in each phase.
type stopwatch struct {
	last   time.Time
	phases []phase // in the order in which they were first entered
}

type phase struct {
	name    string
	seconds float64
}

// lap adds the time since the last lap, less what take has used, to a phase.
func (s *stopwatch) lap(name string) {
	now := time.Now()
	s.book(name, now.Sub(s.last).Seconds())
	s.last = now
}

// take assigns part of the current lap to a phase.
func (s *stopwatch) take(name string, seconds float64) {
	s.book(name, seconds)
	s.last = s.last.Add(time.Duration(seconds * float64(time.Second)))
}

func (s *stopwatch) book(name string, seconds float64) {
	i := slices.IndexFunc(s.phases, func(p phase) bool { return p.name == name })
	if i < 0 {
		i, s.phases = len(s.phases), append(s.phases, phase{name: name})
	}
	s.phases[i].seconds += seconds
}

// String formats the phases: "97.1 s: training 90.0, scoring 1.3".
func (s stopwatch) String() string {
	total, parts := 0.0, []string{}
	for _, p := range s.phases {
		total += p.seconds
		parts = append(parts, fmt.Sprintf("%s %.1f", p.name, p.seconds))
	}
	return fmt.Sprintf("%.1f s: %s", total, strings.Join(parts, ", "))
}
