package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The groups of flags, in the order in which help shows them.
const (
	textFlags     = "Text"
	shapeFlags    = "Model"
	countFlags    = "N-gram"
	trainingFlags = "Training"
	outFlags      = "Run"
)

var flagGroups = []string{"", outFlags, textFlags, shapeFlags, countFlags, trainingFlags}

const groupKey = "group" // the annotation of a flag

// grouped puts the flags that have no group yet into a group.
func grouped(fs *pflag.FlagSet, title string) {
	fs.VisitAll(func(f *pflag.Flag) {
		if groupOf(f) == "" {
			// fails only for a flag that does not exist
			_ = fs.SetAnnotation(f.Name, groupKey, []string{title})
		}
	})
}

// groupTitle is the heading of a group of flags.
func groupTitle(group string) string {
	if group == "" {
		return "Flags"
	}
	return group + " flags"
}

func groupOf(f *pflag.Flag) string {
	if g := f.Annotations[groupKey]; len(g) > 0 {
		return g[0]
	}
	return ""
}

// helpWidth is the width of help that is not printed to a terminal.
const helpWidth = 100

// setHelp makes c and its subcommands print help as wide as the terminal, with flags in groups.
func setHelp(c *cobra.Command) {
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		w, width := c.OutOrStdout(), helpWidth
		if n := columns(w); n > 0 {
			width = min(n, helpWidth)
		}
		about := c.Long
		if about == "" {
			about = c.Short
		}
		fmt.Fprintf(w, "%s\n\n", wrapWords(about, width))
		writeUsage(w, c, width)
	})
	c.SetUsageFunc(func(c *cobra.Command) error {
		writeUsage(c.OutOrStderr(), c, helpWidth)
		return nil
	})
}

// writeUsage writes the usage line, the examples, the subcommands and the flags of c.
func writeUsage(w io.Writer, c *cobra.Command, width int) {
	fmt.Fprintln(w, "Usage:")
	if c.Runnable() {
		fmt.Fprintf(w, "  %s\n", c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s [command]\n", c.CommandPath())
	}
	if c.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	writeCommands(w, c)
	for _, title := range flagGroups {
		group := pflag.NewFlagSet(title, pflag.ContinueOnError)
		group.SortFlags = false
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if groupOf(f) == title || title == "" && !slices.Contains(flagGroups, groupOf(f)) {
				group.AddFlag(f)
			}
		})
		if group.HasAvailableFlags() {
			fmt.Fprintf(w, "\n%s:\n%s", groupTitle(title), group.FlagUsagesWrapped(width))
		}
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nHelp for a command: %s COMMAND --help\n", c.CommandPath())
	}
}

// writeCommands lists the subcommands of c, group by group.
func writeCommands(w io.Writer, c *cobra.Command) {
	ungrouped := &cobra.Group{Title: "More:"}
	if len(c.Groups()) == 0 {
		ungrouped.Title = "Commands:"
	}
	for _, g := range append(c.Groups(), ungrouped) {
		var lines []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() && sub.GroupID == g.ID {
				lines = append(lines, fmt.Sprintf("  %-12s%s", sub.Name(), sub.Short))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(w, "\n%s\n%s\n", g.Title, strings.Join(lines, "\n"))
		}
	}
}

// wrapLines breaks lines that are longer than width between words; 0 means no limit.
func wrapLines(s string, width int) string {
	if width <= 0 {
		return s
	}
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		for part := range strings.SplitSeq(text.WrapSoft(line, width), "\n") {
			out = append(out, strings.TrimRight(part, " "))
		}
	}
	return strings.Join(out, "\n")
}

// wrapWords refills the paragraphs of a text, with breaks between words. A line that begins with a
// space is not changed.
func wrapWords(s string, width int) string {
	var out []string
	paragraph := ""
	flush := func() {
		if paragraph != "" {
			out = append(out, strings.Split(text.WrapSoft(paragraph, width), "\n")...)
			paragraph = ""
		}
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" || strings.HasPrefix(line, " ") {
			flush()
			out = append(out, line)
			continue
		}
		paragraph = strings.TrimSpace(paragraph + " " + line)
	}
	flush()
	for i, line := range out {
		out[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(out, "\n")
}
