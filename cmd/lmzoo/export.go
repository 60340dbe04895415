package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/ngram"
	"lmzoo/zoo"
)

func newExport(cat zoo.Catalogue) *cobra.Command {
	var format, out string
	var over bool
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write an n-gram run as ARPA, embeddings as word vectors, or a merged adapter",
		Long: `Write an n-gram run as ARPA, which KenLM, SRILM and speech recognisers read, or
the embeddings of any neural run in the formats of word2vec.c, text (word2vec) or binary
(word2vec-bin), which gensim reads.

The words of the whitespace tokenizer are written byte for byte. Tokens of other tokenizers are
written as lmzoo tokenize prints them, with \x20 for a space.

The format merged writes a run directory in which the adapter of a run made with --lora-rank is
merged into the weights.

The model.safetensors of a neural run needs no export: its names and shapes are those of GPT-2 on
Hugging Face and of torch.nn.`,
		Example: `  lmzoo export runs/words --format arpa --out words.arpa
  lmzoo export runs/gpt-lora --format merged --out runs/gpt-merged`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(exportFormats, format) {
				return usagef("unknown format %q; want one of: %s", format,
					strings.Join(exportFormats, " "))
			}
			if format == merged {
				return exportMerged(c, cat, args[0], out, over)
			}
			if zoo.IsRunFile(out) {
				return runFileError(out)
			}
			if info, err := os.Stat(out); err == nil && info.Mode().IsRegular() && !over {
				return usagef("%s already exists; replace it with --overwrite, or choose another "+
					"--out", out)
			}
			r, err := cat.Open(args[0])
			if err != nil {
				return err
			}
			write, err := exporter(c, r, format)
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				return write(exact(c.OutOrStdout()))
			}
			if format == "arpa" || slices.Contains(packedNames, filepath.Ext(out)) {
				if write, err = packed(out, write); err != nil {
					return err
				}
			}
			return writeFile(out, write)
		},
	}
	c.Flags().StringVar(&format, "format", "arpa",
		"output format: arpa, word2vec, word2vec-bin or merged")
	c.Flags().StringVar(&out, "out", "", "file to write, compressed if its name ends in .gz "+
		"(default: standard output); for merged, the run directory")
	c.Flags().BoolVar(&over, "overwrite", false, "replace the file in --out")
	complete(c, "format", func() []string { return exportFormats })
	return c
}

// merged is the export format of a run whose adapter is merged into its weights.
const merged = "merged"

var exportFormats = []string{"arpa", "word2vec", "word2vec-bin", merged}

// exportMerged writes a run in which the adapter of the run in dir is merged into the weights.
func exportMerged(c *cobra.Command, cat zoo.Catalogue, dir, out string, over bool) error {
	if out == "" {
		return usagef("--format merged writes a run directory; add --out DIR")
	}
	r, err := cat.Open(dir)
	if err != nil {
		return err
	}
	if err := r.Merge(out, over); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %s, merged\n", out, r.Title())
	return nil
}

// exporter returns a function that writes a run in a format.
func exporter(c *cobra.Command, r *zoo.Run, format string) (func(io.Writer) error, error) {
	if format == "arpa" {
		m, ok := r.Model.(*ngram.Model)
		if !ok {
			return nil, usagef("%s is a %s; ARPA is only for n-gram models", r.Dir, r.Title())
		}
		return func(w io.Writer) error { return m.WriteARPA(w, r.ARPAWords()) }, nil
	}
	v, left, err := r.Vectors()
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "note: tokens left out, because the format cannot represent "+
			"them: %d; the first: %s\n", len(left), left[0])
	}
	if format == "word2vec-bin" {
		return v.WriteBinary, nil
	}
	return v.WriteText, nil
}

// packedNames lists the extensions of compressed files.
var packedNames = []string{".gz", ".bz2", ".xz", ".zst"}

// packed returns a function that does the same as write and, if the file name ends in .gz,
// compresses its output.
func packed(path string, write func(io.Writer) error) (func(io.Writer) error, error) {
	switch ext := filepath.Ext(path); ext {
	case ".gz":
		return func(w io.Writer) error {
			z := gzip.NewWriter(w)
			if err := write(z); err != nil {
				return err
			}
			return z.Close()
		}, nil
	case ".bz2", ".xz", ".zst", ".binary", ".bin", ".mmap", ".klm":
		return nil, usagef("cannot write %s: unsupported format %s; want a name that ends in "+
			".arpa, .lm or .arpa.gz", path, ext)
	}
	return write, nil
}
