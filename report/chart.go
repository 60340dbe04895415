package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bar is one model in a Chart.
type Bar struct {
	Label     string
	Colour    color.Color // nil: ink; parts have their own colours
	Value     float64
	Low, High float64   // 95 % interval of Value; no whisker if equal to Value
	Parts     []float64 // summands of Value, one for each of Chart.Parts; nil: a bar of one colour
}

// Part is a summand of every bar, with a colour of its own.
type Part struct {
	Name   string
	Colour color.Color
}

// Line is a reference value, such as the size that gzip reaches.
type Line struct {
	Label string
	Value float64
}

// Chart is a picture of models side by side, the first at the top.
type Chart struct {
	Title, Axis string
	Bars        []Bar
	Parts       []Part
	Lines       []Line
	// Max is the end of the axis; longer bars are scaled down to it and striped. 0: after the
	// longest bar
	Max float64
}

// PNG writes the chart as a picture 1800 pixels wide.
func (c Chart) PNG(w io.Writer) error { return writePNG(w, c) }

// SVG writes the chart as a scalable picture.
func (c Chart) SVG(w io.Writer) error { return writeSVG(w, c) }

const (
	barWidth    = 14 * vg.Inch / 72
	rowHeight   = 26 * vg.Inch / 72
	legendWidth = 92 * vg.Inch / 72
	labelRoom   = 0.92  // fraction of the axis from which a bar's label is inside the bar
	labelEnd    = 0.975 // the end of such a label
)

func (c Chart) size() (width, height vg.Length) {
	return 9 * vg.Inch, vg.Length(len(c.Bars))*rowHeight + 110*vg.Inch/72
}

// draw lays the chart out on a canvas.
func (c Chart) draw(canvas draw.Canvas) error {
	for _, b := range c.Bars {
		if math.IsNaN(b.Value) || math.IsInf(b.Value, 0) {
			return fmt.Errorf("drawing the bar of %s: its value is %v; want a finite number",
				b.Label, b.Value)
		}
	}
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.Title, c.Axis
	p.Title.TextStyle.Font, p.X.Label.TextStyle.Font = sans, sans
	p.Title.TextStyle.Font.Size, p.X.Label.TextStyle.Font.Size = 13, 11
	p.Title.Padding = 8
	p.X.Tick.Label.Font, p.Y.Tick.Label.Font, p.Legend.TextStyle.Font = sans, sans, sans
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size, p.Legend.TextStyle.Font.Size = 10, 10, 10
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.Y.Padding = 0, 0, 4
	if c.Max == 0 {
		c.Max = c.longest() * 1.12
	}
	p.X.Min, p.X.Max = 0, c.Max

	grid := plotter.NewGrid()
	grid.Horizontal.Color = nil
	grid.Vertical.Color = color.Gray{0xDD}
	p.Add(grid)
	c.addBars(p)
	if err := c.addLabels(p, sans); err != nil {
		return err
	}
	if err := c.addLines(p, sans); err != nil {
		return err
	}
	labels := make([]string, len(c.Bars))
	for i, b := range c.Bars {
		labels[len(c.Bars)-1-i] = b.Label
	}
	p.NominalY(labels...)
	p.Y.Tick.Label.XAlign = text.XRight
	p.Y.Min, p.Y.Max = -0.6, float64(len(c.Bars))-0.2
	legend := p.Legend
	p.Legend = plot.NewLegend()
	right := vg.Length(14)
	if len(c.Parts) > 0 {
		right = legendWidth
	}
	p.Draw(draw.Crop(canvas, 10, -right, 8, -8))
	legend.Top, legend.Left, legend.Padding = true, true, 3
	legend.YOffs = -40
	legend.Draw(draw.Crop(canvas, canvas.Size().X-right+6, 0, 0, 0))
	return nil
}

// longest returns the largest value to draw.
func (c Chart) longest() float64 {
	most := 1e-9
	for _, b := range c.Bars {
		most = max(most, b.Value, b.High)
	}
	for _, l := range c.Lines {
		most = max(most, l.Value)
	}
	return most
}

// addLabels writes every value beside its bar, with its interval as a whisker.
func (c Chart) addLabels(p *plot.Plot, sans font.Font) error {
	var points plotter.XYLabels
	var whiskers plotter.XErrors
	var ends plotter.XYs
	for i, b := range c.Bars {
		y := float64(len(c.Bars) - 1 - i)
		if b.Value >= c.Max*labelRoom {
			points.XYs = append(points.XYs, plotter.XY{X: c.Max * labelEnd, Y: y})
			points.Labels = append(points.Labels, fmt.Sprintf("%.3f →", b.Value))
			continue
		}
		points.XYs = append(points.XYs, plotter.XY{X: max(b.Value, b.High), Y: y})
		points.Labels = append(points.Labels, fmt.Sprintf("%.3f", b.Value))
		ends = append(ends, plotter.XY{X: b.Value, Y: y})
		whiskers = append(whiskers, struct{ Low, High float64 }{b.Value - b.Low, b.High - b.Value})
	}
	labels, err := plotter.NewLabels(points)
	if err != nil {
		return err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font = sans
		labels.TextStyle[i].Font.Size = 9
		labels.TextStyle[i].YAlign = text.YCenter
		if c.Bars[i].Value >= c.Max*labelRoom {
			labels.TextStyle[i].XAlign = text.XRight
		}
	}
	labels.Offset = vg.Point{X: 5}
	bars, err := plotter.NewXErrorBars(struct {
		plotter.XYs
		plotter.XErrors
	}{ends, whiskers})
	if err != nil {
		return err
	}
	bars.CapWidth = 5
	p.Add(bars, plates{labels}, labels)
	return nil
}

// addLines draws a dashed line from the bottom to the top for every Line, with its name at the top.
func (c Chart) addLines(p *plot.Plot, sans font.Font) error {
	sorted := slices.SortedFunc(slices.Values(c.Lines),
		func(a, b Line) int { return cmp.Compare(a.Value, b.Value) })
	near := func(i, j int) bool {
		return j >= 0 && j < len(sorted) && math.Abs(sorted[i].Value-sorted[j].Value) < c.Max/12
	}
	for i, l := range sorted {
		line, err := plotter.NewLine(
			plotter.XYs{{X: l.Value, Y: -0.6}, {X: l.Value, Y: float64(len(c.Bars)) - 0.45}})
		if err != nil {
			return err
		}
		line.Dashes = []vg.Length{4, 3}
		line.Color = color.Gray{0x55}
		name, err := plotter.NewLabels(plotter.XYLabels{
			XYs:    plotter.XYs{{X: l.Value, Y: float64(len(c.Bars)) - 0.45}},
			Labels: []string{l.Label},
		})
		if err != nil {
			return err
		}
		name.TextStyle[0].Font = sans
		name.TextStyle[0].Font.Size = 9
		name.TextStyle[0].XAlign = text.XCenter
		// the names of two close lines point away from each other
		switch before, after := near(i, i-1), near(i, i+1); {
		case after && !before:
			name.TextStyle[0].XAlign = text.XRight
		case before && !after:
			name.TextStyle[0].XAlign = text.XLeft
		}
		name.Offset = vg.Point{Y: 1}
		p.Add(line, name)
	}
	return nil
}
