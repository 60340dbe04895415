package lab

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lmzoo/suggest"
)

// Figure describes a chart of a table of a result: the columns that it draws, and its axes. An
// experiment declares its figures, and the report and the playground draw them. Rows that differ
// only in their seed are one point, their mean; its whisker reaches from the smallest to the
// largest value.
type Figure struct {
	Title string
	Look  string // what the reader should notice, in one sentence
	Table int    // index of the table

	// X is the column of the horizontal axis. Without it, the columns Y stand side by side on that
	// axis, and every row is a line.
	X string
	// Y lists the columns to draw. Nil means all columns that no other field names.
	Y []string
	// Lines lists the columns whose values name a line. With X and several Y, the name of a column
	// is a part of the name of its line.
	Lines []string

	Where map[string]string // rows to draw, by the value of a column; "a|b" matches both
	Only  []string          // lines to draw, in this order; nil: all
	Skip  []string          // rows with one of these values are left out
	Limit string            // name of the line that no other can cross; drawn dashed

	Mark     float64 // a value to mark with a dashed line across the chart, such as that of a guess
	MarkName string  // the name of that value; "": no mark

	XAxis, YAxis string // labels of the axes
	LogX, LogY   bool   // logarithmic axes; values that have no logarithm are left out
	// Dots draws a row of dots for every value of X, which stands for a name rather than a number.
	Dots bool
}

// Plot holds the points of a figure.
type Plot struct {
	Figure
	Places []string // names of the values of X, which are then 0, 1, 2 …; nil: numbers
	Series []Series
}

// Series is one line of a figure. Low and High are the range of each point over the seeds, or the
// interval that the table gives.
type Series struct {
	Name            string
	Limit           bool
	X, Y, Low, High []float64
}

// Plots returns the figures of a result, each drawn from its table.
func (r *Result) Plots() ([]Plot, error) {
	var plots []Plot
	for _, f := range r.Figures {
		p, err := r.plot(f)
		if err != nil {
			return nil, fmt.Errorf("figure %q of %s: %w", f.Title, r.Name, err)
		}
		plots = append(plots, p)
	}
	return plots, nil
}

// plot draws one figure.
func (r *Result) plot(f Figure) (Plot, error) {
	if f.Table < 0 || f.Table >= len(r.Tables) {
		return Plot{}, fmt.Errorf("table %d; want one of %d tables", f.Table, len(r.Tables))
	}
	d := drawing{figure: f, table: r.Tables[f.Table]}
	if err := d.check(); err != nil {
		return Plot{}, err
	}
	for _, row := range d.table.Rows {
		if len(row) != len(d.table.Columns) {
			return Plot{}, fmt.Errorf("a row has %d cells; want %d", len(row), len(d.table.Columns))
		}
		if d.drawn(row) {
			d.read(row)
		}
	}
	return d.plot()
}

// drawing collects the points of a figure.
type drawing struct {
	figure Figure
	table  Table
	ys     []string // the columns to draw
	points []point
}

// point is one cell: the name of its line, its place on the horizontal axis, and its value.
type point struct {
	line, x         string
	value, low, top float64
}

// check resolves the columns of the figure and returns an error for the first column that the table
// lacks. One column of Y is enough, because a table at a smaller scale may have fewer.
func (d *drawing) check() error {
	f := d.figure
	named := slices.Clone(f.Lines)
	if f.X != "" {
		named = append(named, f.X)
	}
	for name := range f.Where {
		named = append(named, name)
	}
	for _, name := range named {
		if !slices.Contains(d.table.Columns, name) {
			return suggest.Unknown("column", name, d.table.Columns)
		}
	}
	for _, name := range d.table.Columns {
		if f.Y == nil && name != "seed" && !slices.Contains(named, name) ||
			slices.Contains(f.Y, name) {
			d.ys = append(d.ys, name)
		}
	}
	if len(d.ys) == 0 && len(f.Y) > 0 {
		return suggest.Unknown("column", f.Y[0], d.table.Columns)
	}
	return nil
}

// cell returns the value of a row in a column; "" if the table has no such column.
func (d *drawing) cell(row []string, column string) string {
	if i := slices.Index(d.table.Columns, column); i >= 0 {
		return row[i]
	}
	return ""
}

// drawn reports whether the figure shows a row.
func (d *drawing) drawn(row []string) bool {
	for column, values := range d.figure.Where {
		if !slices.Contains(strings.Split(values, "|"), d.cell(row, column)) {
			return false
		}
	}
	return !slices.ContainsFunc(row, func(cell string) bool {
		return slices.Contains(d.figure.Skip, cell)
	})
}

// read adds the points of a row.
func (d *drawing) read(row []string) {
	var name []string
	for _, column := range d.figure.Lines {
		cell := d.cell(row, column)
		if _, err := strconv.ParseFloat(cell, 64); err == nil {
			cell += " " + column // a number alone does not name a line
		}
		name = append(name, cell)
	}
	for _, column := range d.ys {
		value, low, top, ok := parseCell(d.cell(row, column))
		if !ok {
			continue
		}
		p := point{line: strings.Join(name, ", "), x: column, value: value, low: low, top: top}
		if d.figure.X != "" {
			p.x = d.cell(row, d.figure.X)
			if len(d.ys) > 1 || len(name) == 0 {
				p.line = strings.Join(append(slices.Clip(name), column), ", ")
			}
		}
		d.points = append(d.points, p)
	}
}

// plot averages the points over the seeds and orders them by line.
func (d *drawing) plot() (Plot, error) {
	p := Plot{Figure: d.figure}
	var lines, xs []string
	at := map[[2]string][]point{}
	for _, q := range d.points {
		key := [2]string{q.line, q.x}
		if at[key] = append(at[key], q); len(at[key]) > 1 {
			continue
		}
		if !slices.Contains(lines, q.line) {
			lines = append(lines, q.line)
		}
		if !slices.Contains(xs, q.x) {
			xs = append(xs, q.x)
		}
	}
	if d.figure.Only != nil {
		lines = d.figure.Only
	}
	places, numeric := axisOf(xs, d.figure)
	if !numeric {
		p.Places = xs
	}
	for _, line := range lines {
		s := Series{Name: line, Limit: line == d.figure.Limit}
		for _, i := range order(places) {
			all := at[[2]string{line, xs[i]}]
			if len(all) == 0 || d.figure.LogX && numeric && places[i] <= 0 {
				continue
			}
			y, low, high := summary(all)
			if d.figure.LogY && low <= 0 {
				continue
			}
			s.X, s.Y = append(s.X, places[i]), append(s.Y, y)
			s.Low, s.High = append(s.Low, low), append(s.High, high)
		}
		if len(s.X) > 0 {
			p.Series = append(p.Series, s)
		}
	}
	if len(p.Series) == 0 {
		return p, fmt.Errorf("no row of the table %q is drawn; want at least one", d.table.Title)
	}
	return p, nil
}

// axisOf returns the positions of the values of X: their numbers, or 0, 1, 2 … if one of them is a
// name.
func axisOf(xs []string, f Figure) (places []float64, numeric bool) {
	places = make([]float64, len(xs))
	for i, x := range xs {
		v, err := strconv.ParseFloat(x, 64)
		if err != nil || f.Dots {
			for i := range places {
				places[i] = float64(i)
			}
			return places, false
		}
		places[i] = v
	}
	return places, true
}

// order returns the indices of values in ascending order of the values.
func order(values []float64) []int {
	all := make([]int, len(values))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return all
}

// summary returns the mean of points and their range; for a single point, it returns its own
// interval.
func summary(all []point) (y, low, high float64) {
	if len(all) == 1 {
		return all[0].value, all[0].low, all[0].top
	}
	low, high = all[0].value, all[0].value
	for _, p := range all {
		y += p.value / float64(len(all))
		low, high = min(low, p.value), max(high, p.value)
	}
	return y, low, high
}

var (
	cellNumber = regexp.MustCompile(`^[+−-]?[0-9]*\.?[0-9]+(e[+-]?[0-9]+)?`)
	cellHalf   = regexp.MustCompile(`^ ?± ?([0-9]*\.?[0-9]+)`)
	cellRange  = regexp.MustCompile(`^ \(([+-]?[0-9.]+)(?:–| to )([+-]?[0-9.]+)\)$`)
)

// parseCell returns the number of a cell with its interval, such as 0.90 ±0.02 or 0.90 (0.87–0.92).
// A label that ends in a colon may precede it.
func parseCell(cell string) (value, low, high float64, ok bool) {
	if i := strings.LastIndex(cell, ": "); i >= 0 {
		cell = cell[i+2:]
	}
	text := cellNumber.FindString(cell)
	value, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64)
	if err != nil {
		return 0, 0, 0, false
	}
	low, high = value, value
	if m := cellHalf.FindStringSubmatch(cell[len(text):]); m != nil {
		half, _ := strconv.ParseFloat(m[1], 64) // the pattern is a number
		low, high = value-half, value+half
	}
	if m := cellRange.FindStringSubmatch(cell[len(text):]); m != nil {
		a, errA := strconv.ParseFloat(m[1], 64)
		b, errB := strconv.ParseFloat(m[2], 64)
		if errA == nil && errB == nil && a <= value && value <= b {
			low, high = a, b
		}
	}
	return value, low, high, true
}
