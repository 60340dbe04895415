package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/zoo"
)

func newList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "The catalogue: every species, in order of appearance",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(c.OutOrStdout(), zoo.Catalogue())
			}
			t := newTable(c.OutOrStdout())
			t.AppendHeader(table.Row{"name", "era", "year", "species", "remembers"})
			for _, s := range zoo.Catalogue() {
				t.AppendRow(table.Row{s.Name, s.Era, s.Year, s.Title, s.Remembers})
			}
			t.Render()
			fmt.Fprintln(c.OutOrStdout(), "\nTrain one:  lmzoo train NAME --out runs/NAME        All of them:  lmzoo compare")
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the catalogue, with papers, as JSON")
	return c
}

// newTable is a table without lines, for people and for awk.
func newTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft = ""
	style.Box.PaddingRight = "  "
	style.Format.Header = 0
	t.SetStyle(style)
	return t
}
