package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"lmzoo/ngram"
	"lmzoo/zoo"
)

func newExport() *cobra.Command {
	var format, out string
	var over bool
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write an n-gram run as ARPA, for KenLM, SRILM and other tools",
		Long: `Write an n-gram run as ARPA, which KenLM, SRILM and speech recognisers read. The model.safetensors of a neural
run needs no export: its names and shapes are those of GPT-2 on Hugging Face, and of torch.nn.`,
		Example: "  lmzoo export runs/words --format arpa --out words.arpa",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if format != "arpa" {
				return usagef("there is no format %q; there is: arpa", format)
			}
			if zoo.IsRunFile(out) {
				return runFileError(out)
			}
			if info, err := os.Stat(out); err == nil && info.Mode().IsRegular() && !over {
				return usagef("%s already exists; replace it with --overwrite, or choose another --out", out)
			}
			r, err := zoo.Open(args[0])
			if err != nil {
				return err
			}
			m, ok := r.Model.(*ngram.Model)
			if !ok {
				return usagef("%s is a %s; ARPA holds n-gram models only", args[0], r.Title())
			}
			write := func(w io.Writer) error { return m.WriteARPA(w, r.Words()) }
			if out == "" || out == "-" {
				return write(c.OutOrStdout())
			}
			return writeFile(out, write)
		},
	}
	c.Flags().StringVar(&format, "format", "arpa", "arpa")
	c.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	c.Flags().BoolVar(&over, "overwrite", false, "replace the file in --out")
	complete(c, "format", func() []string { return []string{"arpa"} })
	return c
}
