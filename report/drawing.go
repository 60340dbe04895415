package report

import (
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Drawing can be written as a picture of dots or of lines.
type Drawing interface {
	PNG(w io.Writer) error
	SVG(w io.Writer) error
}

// drawn is what a Drawing is made from.
type drawn interface {
	size() (width, height vg.Length)
	draw(canvas draw.Canvas) error
}

// dotsPerInch are those of a PNG: a picture of nine inches has 1800 pixels.
const dotsPerInch = 200

func writePNG(w io.Writer, d drawn) error {
	width, height := d.size()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
	if err := d.draw(draw.New(canvas)); err != nil {
		return err
	}
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

func writeSVG(w io.Writer, d drawn) error {
	canvas := vgsvg.New(d.size())
	if err := d.draw(draw.New(canvas)); err != nil {
		return err
	}
	_, err := canvas.WriteTo(w)
	return err
}
