package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"lmzoo/report/palette"
)

// strip holds the segments that share a colour: one part of all bars, or one whole bar.
type strip struct {
	colour   color.Color
	segments []segment
}

// segment is a piece of the bar at y.
type segment struct {
	from, to, y float64
	striped     bool
}

// addBars draws every bar, the first at the top.
func (c Chart) addBars(p *plot.Plot) {
	if len(c.Parts) == 0 {
		for i, b := range c.Bars {
			colour := b.Colour
			if colour == nil {
				colour = palette.Ink.RGBA()
			}
			p.Add(strip{colour, []segment{c.segment(i, 0, b.Value)}})
		}
		return
	}
	for k, part := range c.Parts {
		s := strip{colour: part.Colour}
		for i, b := range c.Bars {
			if k < len(b.Parts) {
				s.segments = append(s.segments,
					c.segment(i, length(b.Parts[:k]), length(b.Parts[:k+1])))
			}
		}
		p.Add(s)
		p.Legend.Add(part.Name, s)
	}
}

// segment places a piece of bar i; a bar longer than the axis is scaled down to it and striped.
func (c Chart) segment(i int, from, to float64) segment {
	s := segment{from: from, to: to, y: float64(len(c.Bars) - 1 - i)}
	whole := c.Bars[i].Value
	if len(c.Bars[i].Parts) > 0 {
		whole = length(c.Bars[i].Parts)
	}
	if whole > c.Max {
		s.from, s.to, s.striped = from*c.Max/whole, to*c.Max/whole, true
	}
	return s
}

// length adds the parts of a bar that are above zero.
func length(parts []float64) (sum float64) {
	for _, p := range parts {
		sum += max(p, 0)
	}
	return sum
}

const stripeGap, stripeWidth = vg.Length(9), vg.Length(2)

// Plot draws the segments.
func (s strip) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, seg := range s.segments {
		low, high := y(seg.y)-barWidth/2, y(seg.y)+barWidth/2
		from, to := x(seg.from), x(seg.to)
		c.FillPolygon(s.colour,
			[]vg.Point{{X: from, Y: low}, {X: to, Y: low}, {X: to, Y: high}, {X: from, Y: high}})
		if !seg.striped {
			continue
		}
		box := draw.Canvas{Canvas: c.Canvas,
			Rectangle: vg.Rectangle{Min: vg.Point{X: from, Y: low}, Max: vg.Point{X: to, Y: high}}}
		style := draw.LineStyle{Color: color.White, Width: stripeWidth}
		// one grid for all parts of a bar
		first := x(0) + stripeGap*vg.Length(int((from-x(0)-barWidth)/stripeGap))
		for at := first; at < to; at += stripeGap {
			c.StrokeLines(style,
				box.ClipLinesXY([]vg.Point{{X: at, Y: low}, {X: at + barWidth, Y: high}})...)
		}
	}
}

// plates draws white backgrounds for labels on bars.
type plates struct{ labels *plotter.Labels }

// Plot draws a background for every label that ends inside the axis.
func (p plates) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	for i, at := range p.labels.XYs {
		style := p.labels.TextStyle[i]
		if style.XAlign != text.XRight {
			continue
		}
		box := style.Rectangle(p.labels.Labels[i]).Add(
			vg.Point{X: x(at.X), Y: y(at.Y)}.Add(p.labels.Offset))
		box.Min.X, box.Max.X = box.Min.X-2, box.Max.X+2
		c.FillPolygon(color.White,
			[]vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max,
				{X: box.Min.X, Y: box.Max.Y}})
	}
}

// Thumbnail draws the colour for the legend.
func (s strip) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.colour,
		[]vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
}
