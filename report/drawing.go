package report

import (
	"bytes"
	"image/color"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Drawing can be written as a raster or a vector picture.
type Drawing interface {
	PNG(w io.Writer) error
	SVG(w io.Writer) error
}

// drawn is the common interface of the pictures.
type drawn interface {
	size() (width, height vg.Length)
	draw(canvas draw.Canvas) error
}

// dotsPerInch is the resolution of a PNG: nine inches are 1800 pixels.
const dotsPerInch = 200

func writePNG(w io.Writer, d drawn) error {
	width, height := d.size()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
	if err := onPaper(d, draw.New(canvas)); err != nil {
		return err
	}
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// writeSVG adds alternatives to the font that was measured, which few browsers have. They have the
// same widths.
func writeSVG(w io.Writer, d drawn) error {
	canvas := vgsvg.New(d.size())
	if err := onPaper(d, draw.New(canvas)); err != nil {
		return err
	}
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(svg.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")))
	return err
}

// onPaper draws on a white background, because a transparent one turns black on a dark page.
func onPaper(d drawn, canvas draw.Canvas) error {
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	return d.draw(canvas)
}
