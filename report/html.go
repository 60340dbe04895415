package report

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"strings"

	"lmzoo/lab"
	"lmzoo/report/palette"
	"lmzoo/report/uplot"
	"lmzoo/zoo"
)

// assets holds the parts of the page, except the chart library.
//
//go:embed assets
var assets embed.FS

// HTML writes the comparison as one self-contained page, which needs neither a network nor another
// file.
func HTML(w io.Writer, c *Comparison) error { return Page(w, c, nil) }

// Page writes a comparison and the results of experiments as one self-contained page. Without a
// comparison, c is nil.
func Page(w io.Writer, c *Comparison, results []*lab.Result) error {
	if c != nil && len(c.Rows) == 0 || c == nil && len(results) == 0 {
		return fmt.Errorf("no model to report on; want at least one")
	}
	all, err := pages(results)
	if err != nil {
		return err
	}
	templates, err := parsed()
	if err != nil {
		return err
	}
	data := struct {
		*Comparison
		Looks    []lineStyle
		Overview *table
		Figures  []figure
		Passage  *coloured
		Said     *table
		Pages    []page
	}{Comparison: c, Pages: all}
	name := "pages.tmpl"
	if c != nil {
		name = "report.tmpl"
		data.Looks, data.Overview, data.Figures = lineStyles(c.Rows), overview(c), figures(c)
		data.Passage, data.Said = colour(c), samples(c)
	}
	var out bytes.Buffer // write the page as a whole or not at all
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// parsed returns the templates of the page.
func parsed() (*template.Template, error) {
	return template.New("page").Funcs(template.FuncMap{
		"css": func(name string) (template.CSS, error) {
			s, err := asset(name)
			return template.CSS(s), err
		},
		"js": func(name string) (template.JS, error) {
			s, err := asset(name)
			return template.JS(s), err
		},
		"chartsCSS":     func() template.CSS { return template.CSS(uplot.Style) },
		"chartsJS":      func() template.JS { return template.JS(uplot.Script + uplot.Keys) },
		"charts":        func() string { return "uPlot " + uplot.Version + " (MIT)" },
		"chartsLicense": func() string { return uplot.License },
		"count":         Count,
		"join":          func(words []string) string { return strings.Join(words, " ") },
		"eras":          describeEras, "name": shortRun, "colours": colours,
		"plotColours": plotColours, "capital": capital,
	}).ParseFS(assets, "assets/report.tmpl", "assets/pages.tmpl",
		"assets/experiment.tmpl")
}

// colours returns the style sheet of the models, eras and classes of a comparison.
func colours(c *Comparison) template.CSS {
	all := []palette.Named{{Name: "ink-truth", Colour: palette.Ink}}
	eras := map[string]bool{}
	for i, l := range lineStyles(c.Rows) {
		all = append(all, palette.Named{Name: l.Colour, Colour: l.colour})
		if era := c.Rows[i].Era; !eras[era] {
			eras[era] = true
			all = append(all, palette.Named{Name: eraVariable(era), Colour: palette.Era(era)})
		}
	}
	for i, k := range c.Rows[0].Classes {
		all = append(all,
			palette.Named{Name: fmt.Sprintf("k%d", i), Colour: palette.Class(k.Class)})
	}
	return template.CSS(palette.CSS(all))
}

// describeEras spells out the eras of a comparison.
func describeEras(c *Comparison) string {
	var names []string
	for _, r := range c.Rows {
		names = append(names, r.Era)
	}
	return zoo.DescribeEras(names...)
}

// eraVariable returns the name of an era's colour in the style sheet, or ink if the name of the era
// is not valid in CSS.
func eraVariable(era string) string {
	if palette.Era(era) == palette.Ink {
		return "ink-truth"
	}
	return "era-" + era
}

// asset returns the text of an embedded file.
func asset(name string) (string, error) {
	data, err := assets.ReadFile("assets/" + name)
	return string(data), err
}

// figure is a section of the page: charts, which the script draws into the named elements, and
// their numbers.
type figure struct {
	Title, Caption, Hint string
	Charts               []chartPlace
	Table                *table
	Open                 bool // whether the table is visible at first
}

// chartPlace is the element of one chart. Title stands above it; Name describes it to screen
// readers.
type chartPlace struct{ ID, Title, Name string }

// table holds numbers rounded for the page and, with all digits, for CSV.
type table struct {
	Name  string // name of the CSV file
	Title string // printed above it, if it stands alone
	Head  []string
	Rows  [][]string
	Long  bool // whether the table is too long for the page

	FullHead []string   // header of Full; nil: Head
	Full     [][]string // rows with all digits; nil: Rows

	values [][]float64 // values of a grid, one row per model, without its name
}

// CSV returns the table as a data link.
func (t *table) CSV() template.URL {
	head, rows := t.FullHead, t.Full
	if head == nil {
		head = t.Head
	}
	if rows == nil {
		rows = t.Rows
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(head) // a buffer never fails
	_ = w.WriteAll(rows)
	return template.URL("data:text/csv;charset=utf-8;base64," +
		base64.StdEncoding.EncodeToString(b.Bytes()))
}

// lineStyle describes the line of a model. It has the colour of the species, and different dashes
// if the species occurs several times.
type lineStyle struct {
	Title  string `json:"title"`
	Short  string `json:"short"`
	Colour string `json:"colour"` // name of a variable in the style sheet
	Dash   []int  `json:"dash,omitempty"`
	// Quiet hides the line in charts at first, because it would compress the scale.
	Quiet bool `json:"quiet"`

	colour palette.Colour
}

func lineStyles(rows []*Row) []lineStyle {
	dashes := [][]int{nil, {8, 4}, {2, 3}, {10, 3, 2, 3}, {14, 6}}
	seen, all := map[string]int{}, make([]lineStyle, len(rows))
	ignorants := 0
	for _, r := range rows {
		if ignorant(r) {
			ignorants++
		}
	}
	for i, r := range rows {
		n := seen[r.Model]
		seen[r.Model]++
		l := lineStyle{Title: r.Title, Short: r.Model, Colour: fmt.Sprintf("m%d", i),
			colour: r.palette(), Dash: dashes[n%len(dashes)],
			Quiet: ignorant(r) && len(rows) > ignorants}
		if r.Model == "uniform" && n == 0 {
			l.Dash = dashes[2]
		}
		all[i] = l
	}
	for i, r := range rows { // rows of the same species get the name of their run
		if seen[r.Model] > 1 {
			all[i].Title = r.Title + " · " + r.Run
			all[i].Short = shortRun(r.Run)
		}
	}
	return all
}

// ignorant reports whether a model ignores its context.
func ignorant(r *Row) bool { return r.IgnoresContext }

// palette returns the colour of the row's species.
func (r *Row) palette() palette.Colour {
	if r.Colour != (palette.Colour{}) {
		return r.Colour
	}
	return palette.Species(r.Model, r.Era)
}

// shortRun returns the last part of a directory.
func shortRun(dir string) string {
	dir = strings.TrimRight(strings.ReplaceAll(dir, "\\", "/"), "/")
	return dir[strings.LastIndexByte(dir, '/')+1:]
}
