package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"lmzoo/lab"
	"lmzoo/report/palette"
)

// Plotted draws a figure of an experiment: lines over numbers or places, or a row of dots for every
// name.
type Plotted struct {
	lab.Plot

	width vg.Length // 0: nine inches
	bare  bool      // without title and legend, which the page has in HTML
}

// PNG writes the figure as a picture 1800 pixels wide.
func (p Plotted) PNG(w io.Writer) error { return writePNG(w, p) }

// SVG writes the figure as a scalable picture.
func (p Plotted) SVG(w io.Writer) error { return writeSVG(w, p) }

// The sizes of a figure, in points.
const (
	plottedFont   = 11
	dotHeight     = 15 // height of each series in a row of dots
	lineHeight    = 13 // height of a line in the name of a row
	narrowPlotted = 480
)

func (p Plotted) size() (width, height vg.Length) {
	if width = p.width; width == 0 {
		width = 9 * vg.Inch
	}
	if !p.Dots {
		return width, min(4.5*vg.Inch, width*0.85)
	}
	for i := range p.Places {
		height += p.rowHeight(i, width)
	}
	return width, height + 86
}

// rowHeight returns the height of a row of dots, which has room for all series and for its name.
func (p Plotted) rowHeight(i int, width vg.Length) vg.Length {
	lines := 1 + strings.Count(wrapped(p.Places[i], nameWidth(width)), "\n")
	return vg.Length(max(dotHeight*len(p.Series), lineHeight*lines) + 9)
}

// nameWidth returns the number of characters for the name of a row of dots.
func nameWidth(width vg.Length) int {
	if width < narrowPlotted {
		return 16
	}
	return 34
}

// wrapped breaks a text at spaces into lines of at most n characters.
func wrapped(text string, n int) string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && len([]rune(lines[last]))+1+len([]rune(word)) <= n {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return strings.Join(lines, "\n")
}

// draw lays the figure out on a canvas.
func (p Plotted) draw(canvas draw.Canvas) error {
	if len(p.Series) == 0 {
		return fmt.Errorf("nothing to draw; want at least one line")
	}
	chart := plot.New()
	chart.BackgroundColor = nil
	if !p.bare {
		chart.Title.Text, chart.Title.Padding = p.Title, 8
	}
	for f, size := range map[*font.Font]font.Length{
		&chart.Title.TextStyle.Font: 13, &chart.X.Label.TextStyle.Font: plottedFont,
		&chart.Y.Label.TextStyle.Font: plottedFont, &chart.X.Tick.Label.Font: plottedFont,
		&chart.Y.Tick.Label.Font: plottedFont, &chart.Legend.TextStyle.Font: 10,
	} {
		*f = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = gridColour, gridColour
	width := canvas.Size().X
	if p.Dots {
		grid.Horizontal.Color = nil
		p.layDots(chart, width)
	} else {
		p.layLines(chart, width)
	}
	chart.Add(grid)
	if err := p.addMark(chart); err != nil {
		return err
	}
	for i, s := range p.Series {
		if err := p.add(chart, i, s); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	legend := chart.Legend // beside the lines
	chart.Legend = plot.NewLegend()
	if p.bare {
		chart.Draw(draw.Crop(canvas, 2, -10, 4, -4))
		return nil
	}
	legend.Padding, legend.ThumbnailWidth = 3, 28
	room := legend.Rectangle(canvas).Size().X + 18
	chart.Draw(draw.Crop(canvas, 10, -room, 8, -8))
	legend.Top, legend.Left, legend.YOffs = true, true, -36
	legend.Draw(draw.Crop(canvas, canvas.Size().X-room+8, 0, 0, 0))
	return nil
}

// gridColour and markColour are the colours of guide lines on paper. The page replaces them with
// the colours of its theme.
var gridColour, markColour = color.Gray{0xDD}, color.Gray{0x55}

// layLines sets the axes of lines.
func (p Plotted) layLines(chart *plot.Plot, width vg.Length) {
	chart.X.Label.Text, chart.Y.Label.Text = p.XAxis, p.YAxis
	low, high := p.values()
	chart.Y.Min, chart.Y.Max = padded(low, high, p.LogY)
	chart.X.Tick.Marker, chart.Y.Tick.Marker = countTicks{}, countTicks{}
	if p.LogY {
		chart.Y.Scale, chart.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	if p.Places != nil {
		chart.X.Min, chart.X.Max = -0.3, float64(len(p.Places))-0.7
		chart.X.Tick.Marker = placeTicks(p.Places, width-70)
		return
	}
	xs := xsOf(p.Plot)
	chart.X.Min, chart.X.Max = padded(xs[0], xs[len(xs)-1], p.LogX)
	most := 12
	if p.LogX {
		chart.X.Scale, chart.X.Tick.Marker = plot.LogScale{}, logTicks{}
		most = 6
	}
	if len(xs) > most {
		return
	}
	var ticks plot.ConstantTicks // one tick at each point
	for _, x := range xs {
		ticks = append(ticks, plot.Tick{Value: x, Label: shortNumber(x)})
	}
	chart.X.Tick.Marker = ticks
}

// xsOf returns the values of X that occur, in ascending order.
func xsOf(p lab.Plot) (xs []float64) {
	for _, s := range p.Series {
		xs = append(xs, s.X...)
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// layDots sets the axes of rows of dots, the first row at the top.
func (p Plotted) layDots(chart *plot.Plot, width vg.Length) {
	chart.X.Label.Text = p.YAxis
	low, high := p.values()
	chart.X.Min, chart.X.Max = padded(low, high, p.LogY)
	chart.X.Tick.Marker = countTicks{}
	if p.LogY {
		chart.X.Scale, chart.X.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	var ticks plot.ConstantTicks
	for i, name := range p.Places {
		middle, _ := p.row(i, width)
		ticks = append(ticks,
			plot.Tick{Value: middle, Label: wrapped(name, nameWidth(width))})
	}
	_, chart.Y.Max = p.row(0, width)
	chart.Y.Min, chart.Y.Tick.Marker = 0, ticks
	chart.Y.LineStyle.Width, chart.Y.Tick.LineStyle.Width, chart.Y.Padding = 0, 0, 4
}

// row returns the middle and the upper end of a row of dots, in points above the axis.
func (p Plotted) row(i int, width vg.Length) (middle, top float64) {
	for k := len(p.Places) - 1; k >= i; k-- {
		h := float64(p.rowHeight(k, width))
		middle, top = top+h/2, top+h
	}
	return middle, top
}

// values returns the smallest and the largest value, including the intervals and the mark.
func (p Plotted) values() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range p.Series {
		for i := range s.Y {
			low, high = min(low, s.Low[i], s.Y[i]), max(high, s.High[i], s.Y[i])
		}
	}
	if p.MarkName != "" {
		low, high = min(low, p.Mark), max(high, p.Mark)
	}
	return low, high
}

// padded widens a range a little, so that no point lies on the edge of the chart.
func padded(low, high float64, logarithmic bool) (float64, float64) {
	if logarithmic {
		room := max(math.Pow(high/low, 0.05), 1.02)
		return low / room, high * room
	}
	room := max((high-low)*0.05, 1e-6)
	return low - room, high + room
}

// addMark draws the marked value as a dashed line across the chart.
func (p Plotted) addMark(chart *plot.Plot) error {
	if p.MarkName == "" {
		return nil
	}
	ends := plotter.XYs{{X: chart.X.Min, Y: p.Mark}, {X: chart.X.Max, Y: p.Mark}}
	if p.Dots {
		ends = plotter.XYs{{X: p.Mark, Y: chart.Y.Min}, {X: p.Mark, Y: chart.Y.Max}}
	}
	line, err := plotter.NewLine(ends)
	if err != nil {
		return err
	}
	line.Color, line.Dashes = markColour, []vg.Length{2, 3}
	chart.Add(line)
	chart.Legend.Add(p.MarkName, line)
	return nil
}

// add draws one series with its whiskers and names it in the legend.
func (p Plotted) add(chart *plot.Plot, i int, s lab.Series) error {
	style := p.style(i)
	at := make(plotter.XYs, len(s.X))
	errs := make(plotter.YErrors, len(s.X))
	for k := range s.X {
		if !exists(s.X[k], s.Y[k]) {
			return fmt.Errorf("the point %v at %v is not finite", s.Y[k], s.X[k])
		}
		at[k] = plotter.XY{X: s.X[k], Y: s.Y[k]}
		errs[k].Low, errs[k].High = s.Y[k]-s.Low[k], s.High[k]-s.Y[k]
	}
	if p.Dots {
		return p.addDots(chart, i, at, errs)
	}
	line, err := plotter.NewLine(at)
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = style.colour.RGBA(), 1.6, style.dash
	if s.Limit {
		chart.Add(line)
		chart.Legend.Add(s.Name, line)
		return nil
	}
	bars, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{at, errs})
	if err != nil {
		return err
	}
	bars.Color, bars.Width, bars.CapWidth = style.colour.RGBA(), 0.7, 4
	marks, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	marks.GlyphStyle = style.glyph()
	chart.Add(bars, line, marks)
	chart.Legend.Add(s.Name, line, marks)
	return nil
}

// addDots draws the dots of one series, one in each row, below the dots of the previous series.
func (p Plotted) addDots(
	chart *plot.Plot, i int, at plotter.XYs, errs plotter.YErrors,
) error {
	width, _ := p.size()
	flat := make(plotter.XErrors, len(at))
	for k := range at {
		middle, _ := p.row(int(at[k].X), width)
		shift := dotHeight * (float64(len(p.Series)-1)/2 - float64(i))
		at[k] = plotter.XY{X: at[k].Y, Y: middle + shift}
		flat[k] = struct{ Low, High float64 }(errs[k])
	}
	bars, err := plotter.NewXErrorBars(struct {
		plotter.XYs
		plotter.XErrors
	}{at, flat})
	if err != nil {
		return err
	}
	style := p.style(i)
	bars.Color, bars.Width, bars.CapWidth = style.colour.RGBA(), 1, 5
	marks, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	marks.GlyphStyle = style.glyph()
	chart.Add(bars, marks)
	if len(p.Series) > 1 {
		chart.Legend.Add(p.Series[i].Name, marks)
	}
	return nil
}

// seriesStyle is the appearance of a series: a colour with a name in the style sheet, dashes and a
// shape, which tell lines apart without colour.
type seriesStyle struct {
	name   string
	colour palette.Colour
	dash   []vg.Length
	shape  int
}

// shapes lists the marks of the series.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{},
	draw.TriangleGlyph{},
}

func (l seriesStyle) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{
		Color: l.colour.RGBA(), Radius: 3.2, Shape: shapes[l.shape%len(shapes)],
	}
}
