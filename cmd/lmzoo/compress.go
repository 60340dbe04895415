package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/compress"
	"lmzoo/zoo"
)

func newCompress(cat zoo.Catalogue) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "compress RUN < FILE > FILE.lmz",
		Short: "Compress standard input with a run: text that the model expects takes few bytes",
		Long: `Compress standard input with a run, by arithmetic coding. The size of the file is
the cross-entropy of the text under the model. The same run decompresses it exactly, on a machine
of the same kind.`,
		Example: "  lmzoo compress runs/gpt < letter.txt > letter.lmz",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if isTerminal(c.OutOrStdout()) {
				return usagef("standard output is a terminal; redirect it: > FILE.lmz")
			}
			r, m, meta, err := openForCoding(cat, args[0])
			if err != nil {
				return err
			}
			data, err := io.ReadAll(c.InOrStdin())
			if err != nil {
				return fmt.Errorf("reading standard input: %w", err)
			}
			p := newProgress(c.ErrOrStderr(), quiet)
			var file bytes.Buffer
			stats, err := compress.Compress(c.Context(), &file, m, coding(r), data,
				compress.Options{
					Meta: meta,
					Progress: func(done, total int) {
						p.printStatus("compressing  %d%%", 100*done/max(total, 1))
					},
				})
			if err != nil {
				return err
			}
			if _, err := exact(c.OutOrStdout()).Write(file.Bytes()); err != nil {
				return err
			}
			p.note(
				"%d bytes → %d (%.4f bits per byte); %.1f bytes by the model, %d for the header",
				stats.Bytes, file.Len(), 8*float64(file.Len())/float64(max(stats.Bytes, 1)),
				stats.Bits/8, stats.Header)
			return nil
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress or summary on standard error")
	return c
}

func newDecompress(cat zoo.Catalogue) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:     "decompress RUN < FILE.lmz > FILE",
		Short:   "Decompress a file that the same run has compressed",
		Example: "  lmzoo decompress runs/gpt < letter.lmz > letter.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, m, meta, err := openForCoding(cat, args[0])
			if err != nil {
				return err
			}
			lookup := func(wrote string) (lm.Model, compress.Tokenizer, error) {
				if wrote != meta {
					return nil, nil, fmt.Errorf(
						"this file was compressed by another run (%q), not by %s (%q)", wrote,
						args[0], meta)
				}
				return m, coding(r), nil
			}
			p := newProgress(c.ErrOrStderr(), quiet)
			data, err := compress.Decompress(c.Context(), c.InOrStdin(), lookup,
				func(done, total int) {
					p.printStatus("decompressing  %d%%", 100*done/max(total, 1))
				})
			p.clear()
			if err != nil {
				return err
			}
			_, err = exact(c.OutOrStdout()).Write(data)
			return err
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress on standard error")
	return c
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// openForCoding opens a run and returns its fingerprint. Only the same run can decode a file with
// that fingerprint.
func openForCoding(cat zoo.Catalogue, dir string) (*zoo.Run, lm.Model, string, error) {
	r, err := cat.Open(dir)
	if err != nil {
		return nil, nil, "", err
	}
	m, err := r.LM()
	if err != nil {
		return nil, nil, "", err
	}
	print, err := r.Fingerprint()
	if err != nil {
		return nil, nil, "", err
	}
	return r, m, r.Species.Name + " " + print[:16], nil
}

// coding returns the run's tokenizer, with documents that end as in training.
func coding(r *zoo.Run) compress.Tokenizer {
	end := map[string]string{string(corpus.Lines): "\n",
		string(corpus.Paragraphs): "\n\n"}[r.Config.Data.Documents]
	return compress.Documents(r.Tokenizer, end)
}
