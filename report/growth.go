package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"lmzoo/report/palette"
)

// Growth plots how a cost grows with several quantities, one panel each, on logarithmic axes:
// proportional growth is a straight line of slope one.
type Growth struct {
	Axis   string // label of the cost axis, which all panels share
	Panels []GrowthPanel
}

// GrowthPanel is the growth with one quantity.
type GrowthPanel struct {
	Axis   string
	Points []GrowthPoint
}

// GrowthPoint is a measured cost with the cost predicted from the number of operations.
type GrowthPoint struct{ X, Cost, Expected float64 }

const (
	panelWidth, panelHeight = 3 * vg.Inch, 3.4 * vg.Inch
	panelGap                = 14 * vg.Inch / 72
)

func (g Growth) size() (width, height vg.Length) {
	return vg.Length(max(len(g.Panels), 1)) * panelWidth, panelHeight
}

// PNG writes the growth as a picture with 600 pixels per panel.
func (g Growth) PNG(w io.Writer) error { return writePNG(w, g) }

// SVG writes the growth as a scalable picture.
func (g Growth) SVG(w io.Writer) error { return writeSVG(w, g) }

func (g Growth) draw(canvas draw.Canvas) error {
	least, most := math.Inf(1), 0.0
	for _, panel := range g.Panels {
		for _, p := range panel.Points {
			if !(p.X > 0 && p.Cost > 0 && p.Expected > 0) || math.IsInf(p.X+p.Cost+p.Expected, 0) {
				return fmt.Errorf(
					"drawing %q: the point %v at %v (expected: %v) has no logarithm; "+
						"want positive numbers", panel.Axis, p.Cost, p.X, p.Expected)
			}
			least, most = min(least, p.Cost, p.Expected), max(most, p.Cost, p.Expected)
		}
	}
	row := make([]*plot.Plot, len(g.Panels))
	for i, panel := range g.Panels {
		p, err := panel.plot()
		if err != nil {
			return err
		}
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = least/1.15, most*1.15, powersOfTwo{}
		if i == 0 {
			p.Y.Label.Text = g.Axis
		}
		p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, 3
		if i < len(g.Panels)-1 { // one legend for all panels
			p.Legend = plot.NewLegend()
		}
		row[i] = p
	}
	if len(row) == 0 {
		return fmt.Errorf("nothing to draw; want at least one panel")
	}
	tiles := draw.Tiles{Rows: 1, Cols: len(row), PadX: panelGap, PadTop: panelGap,
		PadBottom: panelGap / 2, PadLeft: panelGap / 2, PadRight: panelGap}
	for i, c := range plot.Align([][]*plot.Plot{row}, tiles, canvas)[0] {
		row[i].Draw(c)
	}
	return nil
}

// plot lays out one panel without the axis of the cost.
func (panel GrowthPanel) plot() (*plot.Plot, error) {
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.X.Label.Text = panel.Axis
	for _, f := range []*font.Font{&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		*f = sans
		f.Size = 10
	}
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 11, 11
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var measured, expected plotter.XYs
	var ticks plot.ConstantTicks
	for _, at := range panel.Points {
		measured, expected = append(measured, plotter.XY{X: at.X, Y: at.Cost}),
			append(expected, plotter.XY{X: at.X, Y: at.Expected})
		ticks = append(ticks, plot.Tick{Value: at.X, Label: Count(int(at.X))})
	}
	p.X.Tick.Marker = ticks
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xDD}, color.Gray{0xDD}
	line, err := plotter.NewLine(expected)
	if err != nil {
		return nil, err
	}
	line.Dashes, line.Color = []vg.Length{4, 3}, color.Gray{0x55}
	points, err := plotter.NewScatter(measured)
	if err != nil {
		return nil, err
	}
	points.GlyphStyle = draw.GlyphStyle{Color: palette.Era("NLM").RGBA(), Radius: 3.5,
		Shape: draw.CircleGlyph{}}
	p.Add(grid, line, points)
	p.Legend.Add("measured", points)
	p.Legend.Add("expected from operations", line)
	p.X.Min, p.X.Max = p.X.Min/1.2, p.X.Max*1.2
	return p, nil
}

// powersOfTwo labels a logarithmic axis.
type powersOfTwo struct{}

// Ticks returns the powers of two from min to max.
func (powersOfTwo) Ticks(least, most float64) (ticks []plot.Tick) {
	for x := math.Exp2(math.Ceil(math.Log2(least))); x <= most; x *= 2 {
		ticks = append(ticks, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'g', 4, 64)})
	}
	return ticks
}
