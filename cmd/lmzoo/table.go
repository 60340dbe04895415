package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// grid is a table without lines, for people and for awk. On a narrow terminal it hides columns and
// shortens one column; output to a pipe is always complete.
type grid struct {
	table.Writer

	spare []string // columns that may be hidden, least important first
	long  string   // the column that is shortened or wrapped
	prose bool     // long is wrapped before columns are hidden

	w       io.Writer
	header  []string
	columns []table.ColumnConfig
}

// newTable returns a table. Columns whose name begins with ">" are aligned to the right.
func newTable(w io.Writer, header ...string) *grid {
	g := &grid{Writer: table.NewWriter(), w: w}
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft = ""
	style.Box.PaddingRight = "  "
	style.Format.Header = 0
	g.SetStyle(style)
	row := table.Row{}
	for i, name := range header {
		c := table.ColumnConfig{Number: i + 1}
		if rest, ok := strings.CutPrefix(name, ">"); ok {
			name, c.Align, c.AlignHeader = rest, text.AlignRight, text.AlignRight
		}
		row, g.header, g.columns = append(row, name), append(g.header, name), append(g.columns, c)
	}
	g.AppendHeader(row)
	return g
}

// print writes the table at the width of the terminal.
func (g *grid) print() { io.WriteString(g.w, g.fit(columns(g.w))) } // output remembers an error

// fit returns the table in at most width characters (0: no limit).
func (g *grid) fit(width int) string {
	out := g.render()
	fits := func() bool { return width == 0 || widest(out) <= width }
	if g.prose && !fits() {
		g.shorten(widest(out)-width, text.WrapSoft)
		out = g.render()
	}
	for _, name := range g.spare {
		if fits() {
			break
		}
		if i := slices.Index(g.header, name); i >= 0 {
			g.columns[i].Hidden = true
			out = g.render()
		}
	}
	if !g.prose && !fits() {
		g.shorten(widest(out)-width, func(s string, n int) string { return text.Snip(s, n, "…") })
		out = g.render()
	}
	if !fits() {
		g.Style().Size.WidthMax = width // cut the rest
		out = g.render()
	}
	return out
}

// shorten narrows the long column, but leaves it a few characters.
func (g *grid) shorten(by int, how table.WidthEnforcer) {
	const least = 10
	i := slices.Index(g.header, g.long)
	if i < 0 {
		return
	}
	// The width of the column is what the table loses when it is hidden; the padding remains.
	whole := widest(g.render())
	g.columns[i].Hidden = true
	own := whole - widest(g.render()) - len("  ")
	g.columns[i].Hidden = false
	g.columns[i].WidthMax, g.columns[i].WidthMaxEnforcer = max(own-by, least), how
}

// render returns the table as text without trailing spaces.
func (g *grid) render() string {
	g.SetColumnConfigs(g.columns)
	var b strings.Builder
	for line := range strings.Lines(g.Render()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// widest returns the width of the widest line.
func widest(s string) int {
	n := 0
	for line := range strings.Lines(s) {
		n = max(n, text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")))
	}
	return n
}

// columns returns the width of w if it is a terminal, otherwise 0.
func columns(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}
