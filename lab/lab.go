// Package lab holds experiments. Each experiment tests one claim of a page: it trains the models
// that it needs, measures them, compares the result with a control that could have refuted the
// claim, and gives a verdict for each seed. A negative outcome is reported like any other.
package lab

import (
	"context"
	"fmt"

	"lmzoo/suggest"
)

// Experiment is one claim and its test. The file of an experiment reads top-down: data, models,
// control, measurement, verdict.
type Experiment struct {
	Name  string `json:"name"`
	Era   string `json:"era"`
	Year  int    `json:"year"`
	Paper string `json:"paper"`
	Claim string `json:"claim"` // one sentence

	Topic   string   `json:"-"` // one of Topics
	Command string   `json:"-"` // command that makes the result; "": lmzoo lab NAME
	Figures []Figure `json:"-"`

	// Measures describes each number of a verdict.
	Measures map[string]string `json:"-"`

	// Run tests the claim once for every seed of the environment.
	Run func(ctx context.Context, env *Env) (*Result, error) `json:"-"`
}

// Scale is the amount of computation of an experiment.
type Scale string

// The scales.
const (
	Full  Scale = "full"  // minutes per seed; the pages report this scale
	Quick Scale = "quick" // under three minutes in all on two cores; for tests and the demo
)

// Env is the environment of an experiment.
type Env struct {
	Seeds    []uint64
	Threads  int
	Scale    Scale
	Progress func(what string) // nil: no progress is reported
	Store    *Store

	// Text is a corpus, a file or a directory on which experiments about text repeat their
	// measurements of the world; "" means none.
	Text string
}

// pick returns one of two values, depending on the scale.
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

// Result is the result of an experiment.
type Result struct {
	Experiment
	Scale   Scale     `json:"scale"`
	Seconds float64   `json:"seconds"`
	Seeds   []Verdict `json:"seeds"`
	Tables  []Table   `json:"tables"`
}

// Verdict states for one seed whether the claim held, with the measures that decide it.
type Verdict struct {
	Seed     uint64             `json:"seed"`
	Held     bool               `json:"held"`
	Measures map[string]float64 `json:"measures"`
}

// Table holds a result as rows of formatted cells.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// add appends a row.
func (t *Table) add(cells ...string) { t.Rows = append(t.Rows, cells) }

// All returns the experiments in historical order.
func All() []Experiment {
	return []Experiment{
		Labels(), Senses(), Transfer(), Objectives(), BFloat16(), Eras(),
		Scaling(), Mixture(), FewShot(), ICLBySize(), Jump(), Prompting(), ChainOfThought(),
		Induction(), Data(), Instruct(), RLHF(),
		Llama(), Mirage(), Hops(), DPO(), Tools(), Honesty(),
		Knowledge(), Speedrun(), Markov(), Verifiable(),
	}
}

// Find returns the experiment with a name.
func Find(name string) (Experiment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Experiment{}, suggest.Unknown("experiment", name, names)
}
