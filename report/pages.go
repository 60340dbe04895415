package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"lmzoo/lab"
	"lmzoo/report/palette"
)

// page is one page of experiments, all of the same topic.
type page struct {
	ID, Title   string
	Experiments []*experiment
}

// experiment is the result of one experiment with its figures.
type experiment struct {
	*lab.Result
	Verdict string // such as "held for 2 of 3 seeds"
	Command string
	Figures []*plotted
	Tables  []*table // without figures: the tables themselves
}

// plotted is a figure in two sizes, with its key and its numbers.
type plotted struct {
	Title, Look  string
	Name         string // describes it to screen readers
	Wide, Narrow template.HTML
	Key          []keyEntry
	Table        *table
}

// keyEntry names a line of a figure.
type keyEntry struct {
	Name   string
	Sample template.HTML
}

// The widths of a figure on the page, in points.
const wideFigure, narrowFigure = vg.Length(700), vg.Length(360)

// pages returns the results as pages, in the order of the topics.
func pages(results []*lab.Result) ([]page, error) {
	var all []page
	for _, topic := range append(slices.Clip(lab.Topics), "") {
		p := page{ID: "page-" + strings.ReplaceAll(topic, " ", "-"), Title: capital(topic)}
		if topic == "" {
			p.ID, p.Title = "page-other", "Other experiments"
		}
		for _, r := range results {
			if r.Topic == topic || topic == "" && !slices.Contains(lab.Topics, r.Topic) {
				e, err := newExperiment(r)
				if err != nil {
					return nil, err
				}
				p.Experiments = append(p.Experiments, e)
			}
		}
		if len(p.Experiments) > 0 {
			all = append(all, p)
		}
	}
	return all, nil
}

// capital returns a text with a capital at its beginning.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func newExperiment(r *lab.Result) (*experiment, error) {
	e := &experiment{Result: r, Verdict: verdict(r), Command: command(r)}
	plots, err := r.Plots()
	if err != nil {
		return nil, err
	}
	for i, p := range plots {
		f, err := newPlotted(p, pictureName(r, i))
		if err != nil {
			return nil, err
		}
		e.Figures = append(e.Figures, f)
	}
	if len(plots) == 0 {
		for i, t := range r.Tables {
			e.Tables = append(e.Tables, &table{
				Name: fmt.Sprintf("%s-%d.csv", r.Name, i+1), Title: t.Title,
				Head: t.Columns, Rows: t.Rows,
			})
		}
	}
	return e, nil
}

// verdict returns a sentence with the number of seeds for which the claim held.
func verdict(r *lab.Result) string {
	held := 0
	for _, s := range r.Seeds {
		if s.Held {
			held++
		}
	}
	if len(r.Seeds) == 1 {
		return map[bool]string{true: "Held for the one seed.",
			false: "Did not hold for the one seed."}[held == 1]
	}
	return fmt.Sprintf("Held for %d of %d seeds.", held, len(r.Seeds))
}

// command returns the command that makes the result again.
func command(r *lab.Result) string {
	if r.Command != "" {
		return r.Command
	}
	c := "lmzoo lab " + r.Name
	if r.Scale != lab.Full {
		c += " --scale " + string(r.Scale)
	}
	var seeds []string
	for _, s := range r.Seeds {
		seeds = append(seeds, fmt.Sprint(s.Seed))
	}
	usual := "1,2,3"
	if r.Scale == lab.Quick {
		usual = "1"
	}
	if all := strings.Join(seeds, ","); all != usual {
		c += " --seeds " + all
	}
	return c
}

// pictureName returns the name of the files of a figure.
func pictureName(r *lab.Result, i int) string {
	if i == 0 {
		return r.Name
	}
	return fmt.Sprintf("%s-%d", r.Name, i+1)
}

// LabPictures returns the figures of results for a paper or a slide.
func LabPictures(results []*lab.Result) ([]Picture, error) {
	var all []Picture
	for _, r := range results {
		plots, err := r.Plots()
		if err != nil {
			return nil, err
		}
		for i, p := range plots {
			all = append(all, Picture{pictureName(r, i), Plotted{Plot: p}})
		}
	}
	return all, nil
}

func newPlotted(p lab.Plot, name string) (*plotted, error) {
	f := &plotted{Title: p.Title, Look: p.Look, Table: plotTable(p, name+".csv")}
	f.Name = p.Title + ": " + p.YAxis
	if p.XAxis != "" {
		f.Name += " by " + p.XAxis
	}
	for _, size := range []struct {
		width vg.Length
		svg   *template.HTML
	}{{wideFigure, &f.Wide}, {narrowFigure, &f.Narrow}} {
		svg, err := themed(Plotted{Plot: p, width: size.width, bare: true})
		if err != nil {
			return nil, fmt.Errorf("drawing %q: %w", p.Title, err)
		}
		*size.svg = svg
	}
	f.Key = plotKey(Plotted{Plot: p})
	return f, nil
}

// plotTable returns the numbers of a figure: a row for every line, or for every row of dots.
func plotTable(p lab.Plot, name string) *table {
	t := &table{Name: name, Head: []string{"line"}}
	xs := xsOf(p)
	label := func(x float64) string {
		if p.Places != nil {
			return p.Places[int(x)]
		}
		return shortNumber(x)
	}
	cell := func(s lab.Series, x float64) string {
		if i := slices.Index(s.X, x); i >= 0 {
			return fmt.Sprintf("%.4g", s.Y[i])
		}
		return ""
	}
	if p.Dots {
		t.Head[0] = p.X
		for _, s := range p.Series {
			t.Head = append(t.Head, s.Name)
		}
		for _, x := range xs {
			row := []string{label(x)}
			for _, s := range p.Series {
				row = append(row, cell(s, x))
			}
			t.Rows = append(t.Rows, row)
		}
		return t
	}
	for _, x := range xs {
		t.Head = append(t.Head, label(x))
	}
	for _, s := range p.Series {
		row := []string{s.Name}
		for _, x := range xs {
			row = append(row, cell(s, x))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// plotKey returns the key of a figure, or nil if there is only one line and no mark.
func plotKey(p Plotted) (key []keyEntry) {
	if len(p.Series) == 1 && p.MarkName == "" {
		return nil
	}
	for i, s := range p.Series {
		key = append(key, keyEntry{s.Name, keySample(p, i)})
	}
	if p.MarkName != "" {
		key = append(key, keyEntry{p.MarkName, template.HTML(
			`<svg viewBox="0 0 28 12" aria-hidden="true"><path d="M1,6H27" ` +
				`stroke="var(--faint)" stroke-dasharray="2,3"/></svg>`)})
	}
	return key
}

// keySample draws the line and the mark of a series for the key.
func keySample(p Plotted, i int) template.HTML {
	canvas := vgsvg.New(28, 12)
	style, middle := p.style(i), []vg.Point{{X: 1, Y: 6}, {X: 27, Y: 6}}
	c := draw.New(canvas)
	if !p.Dots {
		c.StrokeLines(draw.LineStyle{
			Color: style.colour.RGBA(), Width: 1.8, Dashes: style.dash,
		}, middle)
	}
	if !p.Series[i].Limit {
		c.DrawGlyph(style.glyph(), vg.Point{X: 14, Y: 6})
	}
	svg, err := inline(canvas, []seriesStyle{style})
	if err != nil {
		return ""
	}
	return svg
}

// themed returns a figure as SVG for the page, in the colours of its theme.
func themed(p Plotted) (template.HTML, error) {
	canvas := vgsvg.New(p.size())
	if err := p.draw(draw.New(canvas)); err != nil {
		return "", err
	}
	var all []seriesStyle
	for i := range p.Series {
		all = append(all, p.style(i))
	}
	return inline(canvas, all)
}

var (
	svgHead = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*" (viewBox="[^"]*").*?>`)
	svgText = regexp.MustCompile(`style="font-family:[^"]*font-size:([0-9.]+)px">([^<]*)<`)
)

// measuredText fixes the width of a text in a drawing to its measured width, whatever font the
// browser has.
func measuredText(text string) string {
	m := svgText.FindStringSubmatch(text)
	size, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return text
	}
	face := font.DefaultCache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"},
		font.Length(size))
	width := face.Width(html.UnescapeString(m[2]))
	return fmt.Sprintf(
		`style="font-size:%spx" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s<`,
		m[1], width.Points(), m[2])
}

// inline returns a drawing as an element of a page: without a size, and with the colours of the
// theme in place of the colours for paper.
func inline(canvas *vgsvg.Canvas, styles []seriesStyle) (template.HTML, error) {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	svg := svgHead.ReplaceAllString(b.String(), `<svg $1 aria-hidden="true">`)
	svg = svgText.ReplaceAllStringFunc(svg, measuredText)
	svg = strings.ReplaceAll(strings.ReplaceAll(svg, "\n\t", " "), "\n", "")
	replace := []string{
		"#000000", "var(--ink)", "#DDDDDD", "var(--grid)", "#555555", "var(--faint)",
		strings.ToUpper(palette.Ink.Day), "var(--ink)",
	}
	for _, l := range styles {
		if l.name != "limit" {
			replace = append(replace,
				strings.ToUpper(l.colour.Day), "var(--"+l.name+")")
		}
	}
	return template.HTML(strings.NewReplacer(replace...).Replace(svg)), nil
}

// plotColours returns the style sheet of the lines of all figures.
func plotColours() template.CSS {
	var all []palette.Named
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			all = append(all, palette.Named{Name: "s-" + name, Colour: palette.Species(name, "")})
		}
	}
	for _, s := range namedSpecies {
		add(s.species)
	}
	for _, name := range sequence {
		add(name)
	}
	return template.CSS(palette.CSS(all))
}
