package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"lmzoo/report/palette"
)

// SizePlot plots the loss of models against their size on disk: below and to the left is better.
// A line joins points whose labels begin with the same letters, such as cutoff-1 and cutoff-2.
type SizePlot struct {
	Title, Axis string
	Points      []SizePoint
}

// SizePoint is the size and the loss of one model.
type SizePoint struct {
	Label string
	Bytes int     // size of the file that holds its numbers
	Value float64 // bits per byte, or the perplexity

	Colour color.Color // nil: ink
}

// Sizes returns the plot of a comparison: bits per byte, or perplexity if the vocabularies are
// closed. It leaves out models without a file of their own or without a finite loss.
func (c *Comparison) Sizes() (SizePlot, error) {
	s := SizePlot{Title: fmt.Sprintf("%s: size and loss", c.Data.Corpus), Axis: "bits per byte"}
	value := func(r *Row) float64 { return float64(r.BitsPerByte) }
	if !c.open() {
		s.Axis, value = "perplexity", func(r *Row) float64 { return float64(r.Perplexity) }
	}
	for _, r := range c.Rows {
		if v := value(r); r.Size > 0 && exists(v) {
			s.Points = append(s.Points,
				SizePoint{filepath.Base(r.Run), r.Size, v, r.palette().RGBA()})
		}
	}
	if len(s.Points) < 2 {
		return s, fmt.Errorf(
			"%d models have a file and a finite loss; want at least two to compare", len(s.Points))
	}
	return s, nil
}

func (s SizePlot) size() (width, height vg.Length) { return 9 * vg.Inch, 5.5 * vg.Inch }

// PNG writes the plot as a picture 1800 pixels wide.
func (s SizePlot) PNG(w io.Writer) error { return writePNG(w, s) }

// SVG writes the plot as a scalable picture.
func (s SizePlot) SVG(w io.Writer) error { return writeSVG(w, s) }

// family returns the beginning of a point's label, up to the first digit or sign.
func (p SizePoint) family() string {
	if i := strings.IndexFunc(p.Label,
		func(r rune) bool { return strings.ContainsRune("-_.,0123456789", r) }); i > 0 {
		return p.Label[:i]
	}
	return p.Label
}

// families groups the points by family, in order of appearance, the smallest model first.
func (s SizePlot) families() (names []string, points [][]SizePoint) {
	at := map[string]int{}
	for _, p := range s.Points {
		f := p.family()
		i, ok := at[f]
		if !ok {
			i = len(names)
			at[f], names, points = i, append(names, f), append(points, nil)
		}
		points[i] = append(points[i], p)
	}
	for _, family := range points {
		slices.SortStableFunc(family,
			func(a, b SizePoint) int { return cmp.Compare(a.Bytes, b.Bytes) })
	}
	return names, points
}

func (s SizePlot) draw(canvas draw.Canvas) error {
	for _, at := range s.Points {
		if at.Bytes <= 0 || !exists(at.Value) {
			return fmt.Errorf("drawing %s: %d bytes, %s %v; want finite numbers above 0", at.Label,
				at.Bytes, s.Axis, at.Value)
		}
	}
	if len(s.Points) == 0 {
		return fmt.Errorf("nothing to draw; want at least one model")
	}
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = s.Title, "bytes of the model's file", s.Axis
	for f, size := range map[*font.Font]font.Length{
		&p.Title.TextStyle.Font: 13, &p.X.Label.TextStyle.Font: 11, &p.Y.Label.TextStyle.Font: 11,
		&p.X.Tick.Label.Font: 10, &p.Y.Tick.Label.Font: 10, &p.Legend.TextStyle.Font: 10,
	} {
		*f = sans
		f.Size = size
	}
	p.Title.Padding = 8
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, sizeTicks{}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xDD}, color.Gray{0xDD}
	p.Add(grid)
	p.Legend.Top, p.Legend.Padding, p.Legend.ThumbnailWidth = true, 3, 24
	names, points := s.families()
	for i, name := range names {
		if err := addFamily(p, sans, i, name, points[i]); err != nil {
			return err
		}
	}
	p.X.Min, p.X.Max = p.X.Min/1.25, p.X.Max*1.6 // room for the labels
	room := (p.Y.Max - p.Y.Min) * 0.06
	p.Y.Min, p.Y.Max = p.Y.Min-room, p.Y.Max+room
	p.Draw(draw.Crop(canvas, 10, -14, 8, -8))
	return nil
}

// addFamily draws the points of a family, each labelled with the rest of its name.
func addFamily(p *plot.Plot, sans font.Font, number int, name string, points []SizePoint) error {
	var at plotter.XYLabels
	for _, x := range points {
		label := strings.TrimLeft(strings.TrimPrefix(x.Label, name), "-_.,")
		if len(points) == 1 {
			label = ""
		}
		at.XYs = append(at.XYs, plotter.XY{X: float64(x.Bytes), Y: x.Value})
		at.Labels = append(at.Labels, label)
	}
	line, marks, err := plotter.NewLinePoints(at)
	if err != nil {
		return err
	}
	c := points[0].Colour
	if c == nil {
		c = palette.Ink.RGBA()
	}
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{},
		draw.TriangleGlyph{}, draw.RingGlyph{}, draw.CrossGlyph{}}
	line.Color, line.Width, line.Dashes = c, 1.4, sizeDashes[number%len(sizeDashes)]
	marks.GlyphStyle = draw.GlyphStyle{Color: c, Radius: 3.6, Shape: shapes[number%len(shapes)]}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return err
	}
	// lines fall to the right, so there is room above and below them
	left := number%4 == 1 || number%4 == 2
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font = sans
		labels.TextStyle[i].Font.Size = 8.5
		labels.TextStyle[i].Color = c
		if left {
			labels.TextStyle[i].XAlign, labels.TextStyle[i].YAlign = text.XRight, text.YTop
		}
	}
	labels.Offset = vg.Point{X: 5, Y: 3}
	if left {
		labels.Offset = vg.Point{X: -4, Y: -3}
	}
	p.Add(line, marks, labels)
	p.Legend.Add(name, line, marks)
	return nil
}

// sizeDashes distinguishes families of the same species, together with the shapes of their points.
var sizeDashes = [][]vg.Length{nil, {6, 3}, {1.5, 2}, {8, 2, 1.5, 2}}

// sizeTicks places ticks at 1, 2 and 5 times the powers of ten, labelled as sizes.
type sizeTicks struct{}

// Ticks returns the ticks from least to most.
func (sizeTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	for power := math.Pow(10, math.Floor(math.Log10(least))); power <= most; power *= 10 {
		for _, x := range []float64{power, 2 * power, 5 * power} {
			if x >= least && x <= most {
				ticks = append(ticks, plot.Tick{Value: x, Label: byteCount(x)})
			}
		}
	}
	return ticks
}

// byteCount formats a round number of bytes.
func byteCount(x float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if x < 999.5 || unit == "GB" {
			return fmt.Sprintf("%.3g %s", x, unit)
		}
		x /= 1000
	}
	return ""
}
