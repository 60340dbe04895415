// Package lab holds experiments. Each makes one claim of a page runnable: it trains what it needs,
// measures, holds the result against a control that could have refuted the claim, and gives a
// verdict for each seed. A negative outcome is a result like any other.
package lab

import (
	"context"
	"fmt"
	"strings"
)

// Experiment is one claim and how it is tried. The file of an experiment reads top-down: data,
// models, control, measurement, verdict.
type Experiment struct {
	Name  string `json:"name"`
	Era   string `json:"era"`
	Year  int    `json:"year"`
	Paper string `json:"paper"`
	Claim string `json:"claim"` // one sentence

	// Measures says what each number of a verdict is.
	Measures map[string]string `json:"-"`

	// Run tries the claim once for every seed of the environment.
	Run func(ctx context.Context, env *Env) (*Result, error) `json:"-"`
}

// Scale is how much an experiment spends.
type Scale string

// The scales.
const (
	Full  Scale = "full"  // minutes a seed; what the pages report
	Quick Scale = "quick" // under three minutes in all on two cores; what tests and the demo run
)

// Env is what an experiment works with.
type Env struct {
	Seeds    []uint64
	Threads  int
	Scale    Scale
	Progress func(what string) // nil: nobody
	Store    *Store
}

// pick returns one of two values by the scale.
func pick[T any](env *Env, full, quick T) T {
	if env.Scale == Quick {
		return quick
	}
	return full
}

func (env *Env) say(format string, a ...any) {
	if env.Progress != nil {
		env.Progress(fmt.Sprintf(format, a...))
	}
}

// Result is what came out.
type Result struct {
	Experiment
	Scale   Scale     `json:"scale"`
	Seconds float64   `json:"seconds"`
	Seeds   []Verdict `json:"seeds"`
	Tables  []Table   `json:"tables"`
}

// Verdict says for one seed whether the claim held, and the numbers that decide.
type Verdict struct {
	Seed     uint64             `json:"seed"`
	Held     bool               `json:"held"`
	Measures map[string]float64 `json:"measures"`
}

// Table is a result as rows of cells that are ready to print.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// add appends a row.
func (t *Table) add(cells ...string) { t.Rows = append(t.Rows, cells) }

// All returns the experiments in historical order.
func All() []Experiment {
	return []Experiment{Labels(), Senses(), Transfer(), Objectives(), Scaling(), Mirage()}
}

// Find returns the experiment of a name.
func Find(name string) (Experiment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Experiment{}, fmt.Errorf("unknown experiment %q; want one of: %s",
		name, strings.Join(names, " "))
}
