package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/zoo"
)

func newList(cat zoo.Catalogue) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [RUN...]",
		Short: "List every species, in order of appearance, or runs with their lineage",
		Example: `  lmzoo list
  lmzoo list runs`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return listRuns(c, cat, args, asJSON)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), cat)
			}
			t := newTable(c.OutOrStdout(), "name", "era", "year", "species", "remembers")
			t.long, t.prose, t.spare = "remembers", true, []string{"species", "era", "year"}
			for _, s := range cat {
				t.AppendRow(table.Row{s.Name, s.Era, s.Year, s.Title, s.Remembers})
			}
			t.print()
			var eras []string
			for _, s := range cat {
				eras = append(eras, s.Era)
			}
			fmt.Fprintln(c.OutOrStdout(),
				"\n"+wrapWords(zoo.DescribeEras(eras...), max(columns(c.OutOrStdout()), 80)))
			fmt.Fprintln(c.OutOrStdout(),
				"\nTrain one:  lmzoo train NAME        All of them:  lmzoo compare")
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false,
		"print the catalogue (with papers) or the runs as JSON")
	return c
}
