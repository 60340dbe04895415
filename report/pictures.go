package report

import "lmzoo/report/palette"

// Picture is one figure of the page for a paper or a slide.
type Picture struct {
	Name string // short name of letters only, for a file name
	Drawing
}

// Pictures returns the charts of the page for this comparison.
func Pictures(c *Comparison) []Picture {
	var all []Picture
	for _, f := range figures(c) {
		for _, place := range f.Charts {
			l := Lines{Title: f.Title, Y: c.unit()}
			switch place.ID {
			case "bits", "classes":
				bars := Bits(c)
				if place.ID == "classes" {
					bars = Gaps(c)
				}
				if len(bars.Bars) > 0 {
					all = append(all, Picture{place.ID, bars})
				}
				continue
			case "seconds":
				l.X = "seconds of training"
				l.Rows, l.Top = curveLines(c,
					func(k *Curve) ([]float64, []float64) { return k.Seconds, k.ValidSeconds })
			case "tokens":
				l.X = "tokens seen"
				l.Rows, l.Top = curveLines(c,
					func(k *Curve) ([]float64,
						[]float64) {
						return floats(k.Tokens), floats(k.ValidTokens)
					})
			case "positions":
				l.X, l.Places, l.Rows = c.pieces()+" of the document", f.Table.Head[1:],
					gridLines(c, f.Table)
			case "contexts":
				l.X, l.Places, l.Rows = c.pieces()+"s of context", f.Table.Head[1:],
					gridLines(c, f.Table)
			case "words":
				l.X, l.Y, l.Places, l.Rows = "times in the training text", c.wordUnit(),
					f.Table.Head[1:], gridLines(c, f.Table)
			default:
				continue
			}
			if len(l.Rows) > 0 {
				all = append(all, Picture{place.ID, l})
			}
		}
	}
	return all
}

// Bits returns the chart of bits per byte, or of perplexity if the vocabulary is closed. A model
// that gave a token probability 0 has no bar.
func Bits(c *Comparison) Chart {
	open := c.open()
	chart := Chart{Title: "Perplexity of unseen text: " + c.Data.Corpus,
		Axis: "perplexity, for this vocabulary only"}
	if open {
		chart.Title, chart.Axis = "Bits per byte of unseen text: "+c.Data.Corpus, "bits per byte"
		chart.Lines = []Line{{"gzip", c.Gzip}}
		if c.XZ > 0 {
			chart.Lines = append(chart.Lines, Line{"xz", c.XZ})
		}
		if c.Unigram > 0 {
			chart.Lines = append(chart.Lines, Line{"unigram", c.Unigram})
		}
		if c.Uniform > 0 {
			chart.Lines = append(chart.Lines, Line{"uniform", c.Uniform})
		}
		if c.Limit != nil {
			chart.Lines = append(chart.Lines, Line{"true entropy", float64(*c.Limit)})
		}
	}
	for i, l := range lineStyles(c.Rows) {
		r := c.Rows[i]
		b := Bar{Label: l.Title, Colour: l.colour.RGBA(), Value: float64(r.BitsPerByte),
			Low: float64(r.BitsPerByteLow), High: float64(r.BitsPerByteHigh)}
		if !open {
			b.Value = float64(r.Perplexity)
			b.Low, b.High = b.Value, b.Value
		}
		if exists(b.Value, b.Low, b.High) {
			chart.Bars = append(chart.Bars, b)
		}
	}
	return chart
}

// Gaps returns the chart of the gaps to the limit, by the knowledge that a token needs. The axis
// ends after the models that use their context, so that the other models do not dwarf them.
func Gaps(c *Comparison) Chart {
	chart := Chart{Title: "How far each era is from the limit, and why",
		Axis: c.unit() + " above the true entropy"}
	for _, k := range c.Rows[0].Classes {
		chart.Parts = append(chart.Parts, Part{k.Class, palette.Class(k.Class).RGBA()})
	}
	for i, l := range lineStyles(c.Rows) {
		r := c.Rows[i]
		b := Bar{
			Label: l.Title, Colour: l.colour.RGBA(),
			Value: c.excess(r, float64(r.Gap)), Low: c.excess(r, float64(r.GapLow)),
			High: c.excess(r, float64(r.GapHigh)),
		}
		for _, k := range r.Classes {
			b.Parts = append(b.Parts,
				c.excess(r, float64(k.Gap)*float64(k.Events)/float64(r.Events)))
		}
		if !exists(append(b.Parts, b.Value, b.Low, b.High)...) {
			continue
		}
		if chart.Bars = append(chart.Bars, b); !ignorant(r) {
			chart.Max = max(chart.Max, 1.25*b.Value)
		}
	}
	return chart
}

// gridLines returns the rows of a grid, except the rows that the page hides at first.
func gridLines(c *Comparison, t *table) (rows []LineRow) {
	for i, l := range lineStyles(c.Rows) {
		row := LineRow{Label: l.Title, Colour: l.colour.RGBA(), Dash: l.Dash}
		for x, y := range t.values[i] {
			if exists(y) {
				row.Line = append(row.Line, Point{float64(x), y})
			}
		}
		if row.Marks = row.Line; len(row.Line) > 0 && !l.Quiet {
			rows = append(rows, row)
		}
	}
	return rows
}

// curveLines returns the training loss as a line and the validation loss as marks, for every model
// with a curve. The beginning of a line may lie above top.
func curveLines(c *Comparison,
	at func(*Curve) (line, marks []float64)) (rows []LineRow, top float64) {
	for i, l := range lineStyles(c.Rows) {
		k := c.Rows[i].Curve
		if k == nil || l.Quiet {
			continue
		}
		row := LineRow{Label: l.Title, Colour: l.colour.RGBA(), Dash: l.Dash}
		train, valid := at(k)
		cost := func(nats []float64) []float64 {
			all := make([]float64, len(nats))
			for x := range nats {
				all[x] = c.cost(c.Rows[i], nats[x])
			}
			return all
		}
		row.Line, row.Marks = points(train, cost(k.Loss)), points(valid, cost(k.Valid))
		for _, p := range row.Line[len(row.Line)*12/100:] {
			top = max(top, p.Y)
		}
		if len(row.Line) > 0 {
			rows = append(rows, row)
		}
	}
	return rows, top
}

// points pairs the finite values.
func points(xs, ys []float64) (all []Point) {
	for i := range min(len(xs), len(ys)) {
		if exists(xs[i], ys[i]) {
			all = append(all, Point{xs[i], ys[i]})
		}
	}
	return all
}

func floats(ns []int) []float64 {
	xs := make([]float64, len(ns))
	for i, n := range ns {
		xs[i] = float64(n)
	}
	return xs
}
