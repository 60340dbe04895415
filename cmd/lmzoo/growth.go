package main

import (
	"fmt"
	"strings"

	"lmzoo/bench"
	"lmzoo/report"
)

// growthPanels lists the panels of the plot: the middle part of the names of its shapes, the label
// of the x axis, and its value.
var growthPanels = []struct {
	of, axis string
	x        func(m bench.Measure) float64
}{
	{"batch", "rows of 64 tokens", func(m bench.Measure) float64 { return float64(m.Batch) }},
	{"layers", "layers", func(m bench.Measure) float64 { return lastNumber(m.Name) }},
	{"channels", "parameters, by channels",
		func(m bench.Measure) float64 { return float64(m.Params) }},
	{"context", "context, 768 tokens in all",
		func(m bench.Measure) float64 { return float64(m.Context) }},
}

func lastNumber(name string) (x float64) {
	// if there is no number, x is 0, which the plot refuses with an error
	_, _ = fmt.Sscan(name[strings.LastIndexByte(name, '-')+1:], &x)
	return x
}

// growth returns the plot of the "scaling" shapes on all threads. Its line of expected costs
// assumes that every operation takes as long as in the recipe itself, the shape with 4 layers.
func growth(b *bench.Result) report.Growth {
	g := report.Growth{Axis: fmt.Sprintf("ms per step on %d threads", b.Threads)}
	if b.Threads == 1 {
		g.Axis = "ms per step on one thread"
	}
	for _, p := range growthPanels {
		panel := report.GrowthPanel{Axis: p.axis}
		for _, m := range b.Models {
			if strings.HasPrefix(m.Name, "scaling-"+p.of+"-") && m.Steps > 0 {
				panel.Points = append(panel.Points,
					report.GrowthPoint{X: p.x(m), Cost: 1e3 * m.Seconds.All,
						Expected: 1e3 * m.StepFLOPs / recipeRate(b)})
			}
		}
		if len(panel.Points) > 0 {
			g.Panels = append(g.Panels, panel)
		}
	}
	return g
}

// recipeRate returns the operations per second of nanoGPT's recipe, or of the first model if it was
// not measured.
func recipeRate(b *bench.Result) float64 {
	for _, m := range b.Models {
		if m.Name == "scaling-layers-4" {
			return m.FLOPs.All
		}
	}
	return b.Models[0].FLOPs.All
}

// checkPlot returns an error if the plot cannot be drawn. It is called before anything is measured.
func checkPlot(file string, shapes []bench.Case) error {
	if err := checkPicture(file); file == "" || err != nil {
		return err
	}
	for _, s := range shapes {
		if strings.HasPrefix(s.Name, "scaling-") {
			return nil
		}
	}
	return usagef(
		"--plot draws how the cost of a step grows, which needs other shapes; try: lmzoo "+
			"bench scaling --plot %s", file)
}

// writePlot writes the plot of b to a file; an empty name means none.
func writePlot(file string, b *bench.Result) error {
	if file == "" {
		return nil
	}
	if err := drawInto(file, growth(b)); err != nil {
		return fmt.Errorf("drawing %s: %w", file, err)
	}
	return nil
}
