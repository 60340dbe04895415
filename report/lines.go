package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines plots losses, with a line for every model.
type Lines struct {
	Title, X, Y string
	Places      []string // labels at 0, 1, 2 … on the x axis; nil: numbers
	Rows        []LineRow
	Top         float64 // end of the y axis; 0: above the highest point
}

// LineRow is one model: a line with marks.
type LineRow struct {
	Label       string
	Colour      color.Color
	Dash        []int // on, off, on …, as on the page; nil: a line without gaps
	Line, Marks []Point
}

// Point is a point of the picture.
type Point struct{ X, Y float64 }

func (l Lines) size() (width, height vg.Length) { return 9 * vg.Inch, 4.5 * vg.Inch }

// PNG writes the lines as a picture 1800 pixels wide.
func (l Lines) PNG(w io.Writer) error { return writePNG(w, l) }

// SVG writes the lines as a scalable picture.
func (l Lines) SVG(w io.Writer) error { return writeSVG(w, l) }

func (l Lines) draw(canvas draw.Canvas) error {
	if len(l.Rows) == 0 {
		return fmt.Errorf("nothing to draw; want at least one line")
	}
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = l.Title, l.X, l.Y
	for f, size := range map[*font.Font]font.Length{
		&p.Title.TextStyle.Font: 13, &p.X.Label.TextStyle.Font: 11, &p.Y.Label.TextStyle.Font: 11,
		&p.X.Tick.Label.Font: 10, &p.Y.Tick.Label.Font: 10, &p.Legend.TextStyle.Font: 10,
	} {
		*f = sans
		f.Size = size
	}
	p.Title.Padding = 8
	p.X.Tick.Marker, p.Y.Tick.Marker = countTicks{}, countTicks{}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xDD}, color.Gray{0xDD}
	p.Add(grid)
	p.Legend.Padding, p.Legend.ThumbnailWidth = 3, 28
	for _, row := range l.Rows {
		if err := row.add(p); err != nil {
			return err
		}
	}
	if l.Places != nil {
		p.X.Min, p.X.Max = -0.4, float64(len(l.Places))-0.6
	}
	if l.Top > 0 {
		p.Y.Max = l.Top
	}
	room := max((p.Y.Max-p.Y.Min)*0.06, 1e-6)
	p.Y.Min, p.Y.Max = max(p.Y.Min-room, 0), p.Y.Max+room

	legend := p.Legend // beside the lines
	p.Legend = plot.NewLegend()
	width := legend.Rectangle(canvas).Size().X + 18
	if l.Places != nil {
		p.X.Tick.Marker = placeTicks(l.Places, canvas.Size().X-width-60)
	}
	p.Draw(draw.Crop(canvas, 10, -width, 8, -8))
	legend.Top, legend.Left = true, true
	legend.YOffs = -36
	legend.Draw(draw.Crop(canvas, canvas.Size().X-width+8, 0, 0, 0))
	return nil
}

// add draws one model and names it in the legend.
func (r LineRow) add(p *plot.Plot) error {
	for _, at := range append(r.Line[:len(r.Line):len(r.Line)], r.Marks...) {
		if !exists(at.X, at.Y) {
			return fmt.Errorf("drawing %s: the point %v at %v is not finite", r.Label, at.Y, at.X)
		}
	}
	line, err := plotter.NewLine(xys(r.Line))
	if err != nil {
		return fmt.Errorf("%s: %w", r.Label, err)
	}
	line.Color, line.Width = r.Colour, 1.3
	for _, n := range r.Dash {
		line.Dashes = append(line.Dashes, vg.Length(n)*0.75)
	}
	p.Add(line)
	if len(r.Marks) == 0 {
		p.Legend.Add(r.Label, line)
		return nil
	}
	marks, err := plotter.NewScatter(xys(r.Marks))
	if err != nil {
		return fmt.Errorf("%s: %w", r.Label, err)
	}
	marks.GlyphStyle = draw.GlyphStyle{Color: r.Colour, Radius: 2.8, Shape: draw.CircleGlyph{}}
	p.Add(marks)
	p.Legend.Add(r.Label, line, marks)
	return nil
}

func xys(points []Point) plotter.XYs {
	all := make(plotter.XYs, len(points))
	for i, p := range points {
		all[i] = plotter.XY{X: p.X, Y: p.Y}
	}
	return all
}

// countTicks places about five ticks at round numbers, with thousands abbreviated.
type countTicks struct{}

// Ticks returns the ticks from least to most.
func (countTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	if !exists(least, most) || most <= least {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10((most-least)/4)))
	for _, wider := range []float64{2, 2.5, 2} { // 2, 5, 10 times
		if (most-least)/step > 8 {
			step *= wider
		}
	}
	for n := math.Ceil(least / step); n*step <= most; n++ {
		x := n*step + 0 // not −0
		label := strconv.FormatFloat(x, 'g', 4, 64)
		if x == math.Trunc(x) && x >= 1000 {
			label = Count(int(x))
		}
		ticks = append(ticks, plot.Tick{Value: x, Label: label})
	}
	return ticks
}

// placeTicks labels the places that fit the width, starting with the first.
func placeTicks(places []string, width vg.Length) (ticks plot.ConstantTicks) {
	longest := 0
	for _, name := range places {
		longest = max(longest, utf8.RuneCountInString(name))
	}
	every := max(1,
		int(
			math.Ceil(float64(vg.Length(len(places)*longest)*5.6+vg.Length(len(places)*8))/float64(
				width))))
	for i := 0; i < len(places); i += every {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: places[i]})
	}
	return ticks
}
