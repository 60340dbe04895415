package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// cutoffs is the value of --prune: one count per order, written 0,0,1 or "0 0 1".
type cutoffs []int

// Set appends the counts in text.
func (c *cutoffs) Set(text string) error {
	for _, word := range strings.FieldsFunc(text,
		func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return fmt.Errorf("%q is not a count; want one count for each order, such as 0,0,1",
				word)
		}
		*c = append(*c, n)
	}
	return nil
}

// Type names the value in help.
func (c *cutoffs) Type() string { return "counts" }

// String writes the counts as JSON does.
func (c *cutoffs) String() string {
	if len(*c) == 0 {
		return ""
	}
	return strings.ReplaceAll(fmt.Sprint([]int(*c)), " ", ",")
}

// unnumbered separates numeric arguments from the rest. If --prune is given, they belong to it:
// lmplz accepts --prune 0 0 1.
func unnumbered(fs *pflag.FlagSet, args []string) (rest, numbers []string) {
	if !fs.Changed("prune") {
		return args, nil
	}
	for _, arg := range args {
		if _, err := strconv.Atoi(arg); err == nil {
			numbers = append(numbers, arg)
		} else {
			rest = append(rest, arg)
		}
	}
	return rest, numbers
}
