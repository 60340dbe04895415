package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/suggest"
)

// flagError rewrites an error about a flag for users: it omits the Go function that found the
// error, gives an example if a unit is missing, and suggests the name of a known flag.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		near := suggest.Nearest(unknown.GetSpecifiedName(), flagNames(c))
		if near == "" || len(unknown.GetSpecifiedName()) == 1 {
			return fmt.Errorf("%w; see: %s --help", err, c.CommandPath())
		}
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	var value *pflag.InvalidValueError
	if errors.As(err, &value) && value.GetFlag().Value.Type() == "duration" {
		return fmt.Errorf("--%s is %q; want a time with its unit, such as 20s or 5m",
			value.GetFlag().Name, value.GetValue())
	}
	var number *strconv.NumError
	if errors.As(err, &number) && value != nil && errors.Is(number, strconv.ErrSyntax) {
		want := "a whole number"
		switch value.GetFlag().Value.Type() {
		case "bool":
			want = "true or false"
		case "float64":
			want = "a number"
		case "uint64":
			want = "a whole number of at least 0"
		}
		return fmt.Errorf("--%s is %q; want %s", value.GetFlag().Name, value.GetValue(), want)
	}
	if errors.As(err, &number) {
		return errors.New(strings.Replace(err.Error(), number.Error(), number.Err.Error(), 1))
	}
	return err
}

// flagNames returns the names of the flags that c accepts.
func flagNames(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// unknownCommand adds a suggestion to cobra's error for a command that does not exist.
func unknownCommand(root *cobra.Command, err error) error {
	var name string
	if _, scan := fmt.Sscanf(err.Error(), "unknown command %q", &name); scan != nil {
		return err
	}
	parent := root
	for _, c := range root.Commands() {
		if strings.HasSuffix(err.Error(), strconv.Quote(c.CommandPath())) {
			parent = c
		}
	}
	var names []string
	for _, c := range parent.Commands() {
		names = append(names, c.Name())
	}
	if near := suggest.Nearest(name, names); near != "" {
		return fmt.Errorf("%w; did you mean %q?", err, near)
	}
	return fmt.Errorf("%w; see: %s --help", err, parent.CommandPath())
}
