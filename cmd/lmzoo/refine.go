package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/corpus/refine"
)

func newRefine() *cobra.Command {
	var (
		o                        refine.Options
		steps, rules, documents  string
		encoding, languages, out string
		asJSON, quiet            bool
		memory                   = bytesize(1 << 30)
		examples                 int
	)
	c := &cobra.Command{
		Use:   "refine IN... --out DIR",
		Short: "Collect, clean and deduplicate text, with an account of all that was removed",
		Long: `Turn raw text into a corpus to train on. IN is a file, a directory or - for standard
input: text in any common encoding or JSON lines, compressed by gzip or Zstandard or not. Files that
are not text are left out with a note. The steps, in order: ` +
			strings.Join(refine.StepNames(), ", ") + `.

DIR gets the text (part-00000.txt, with documents separated by blank lines), account.json with every
step and ten examples of what each rule changed or removed, and rules.json with all thresholds.
Train on it with: lmzoo train gpt --corpus DIR. If refine fails or is interrupted, DIR is not
written.

The thresholds are those of the papers or, with --fit, chosen such that trusted text passes them;
the step quality then also removes text that is improbable under an n-gram model of the trusted
text. --rules applies the rules of an earlier run. Refining a refined corpus with its own rules
changes nothing.`,
		Example: `  lmzoo refine crawl/ dump.jsonl.zst --out clean
  lmzoo refine crawl/ --trusted good.txt --fit --test test.txt --out clean
  lmzoo refine more/ --rules clean/rules.json --out clean2`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			o.Sources, o.Out, o.Stdin, o.Memory = args, out, c.InOrStdin(), int64(memory)
			if out == "" {
				return usagef("no output; want --out DIR")
			}
			if o.Threads < 1 || o.Threads > maxThreads {
				return usagef("--threads is %d; want 1 to %d", o.Threads, maxThreads)
			}
			if o.Steps, err = refine.ParseSteps(steps); err != nil {
				return usageError{err}
			}
			if documents != "" {
				if o.Documents, err = corpus.ParseBoundaries(documents); err != nil {
					return usagef("--%w", err)
				}
			}
			if encoding != "" {
				if o.Encoding, err = corpus.FindEncoding(encoding); err != nil {
					return usageError{err}
				}
			}
			if languages != "" {
				o.Languages = strings.Split(languages, ",")
			}
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(memory)))
			p := newProgress(c.ErrOrStderr(), quiet)
			o.Watch = func(pass, passes, documents int) {
				p.printStatus("refining: pass %d of %d, %s", pass, passes,
					count(documents, "document"))
			}
			switch {
			case o.Fit && rules != "":
				return usagef("--fit and --rules are given; want one of them")
			case o.Fit && len(o.Trusted) == 0:
				return usagef("--fit needs text to fit on; want --trusted FILE")
			case !o.Fit && rules == "" && len(o.Trusted) > 0:
				return usagef("--trusted is given without --fit or --rules; want --fit to fit " +
					"thresholds on it")
			case rules != "":
				if o.Rules, err = refine.ReadRules(rules); err != nil {
					return usageError{err}
				}
			}
			account, err := refine.Run(c.Context(), o)
			p.clear()
			if account != nil {
				for _, note := range account.Notes {
					p.textNote(note)
				}
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), account)
			}
			return printAccount(c.OutOrStdout(), account, out, examples)
		},
	}
	fs := c.Flags()
	fs.StringVar(&out, "out", "", "directory to write")
	fs.BoolVar(&o.Overwrite, "overwrite", false, "replace the refined corpus in --out")
	fs.StringVar(&steps, "steps", "", "steps to apply, separated by commas, or steps to leave "+
		"out, each preceded by - (default: all)")
	fs.StringSliceVar(&o.Trusted, "trusted", nil, "text of the quality that you want")
	fs.BoolVar(&o.Fit, "fit", false, "fit the thresholds on the trusted text")
	fs.StringVar(&rules, "rules", "", "rules file to apply, such as the rules.json of another run")
	fs.StringSliceVar(&o.Test, "test", nil, "test text that the output must not contain")
	fs.StringVar(&documents, "documents", "",
		"unit of a document in text files: file, lines or paragraphs (default: file)")
	fs.StringVar(&o.Field, "field", "text", "field of JSON lines that holds the text")
	fs.StringVar(&encoding, "encoding", "", "encoding of all files (default: detected)")
	fs.StringVar(&languages, "languages", "",
		"ISO 639-3 codes of the languages to keep, such as eng,cmn (default: all)")
	fs.Var(&memory, "memory", "bytes of memory to use, such as 64M or 2G")
	fs.IntVar(&o.Threads, "threads", runtime.NumCPU(),
		"number of threads (any number gives the same output)")
	fs.IntVar(&examples, "examples", 3, "examples to print for each rule (up to 10)")
	fs.BoolVar(&asJSON, "json", false, "print the account as JSON")
	fs.BoolVarP(&quiet, "quiet", "q", false, "no progress on standard error")
	complete(c, "documents", documentKinds)
	complete(c, "steps", refine.StepNames)
	return c
}

// printAccount prints the effect of each step, with examples of changed and removed text.
func printAccount(w io.Writer, a *refine.Account, out string, examples int) error {
	t := newTable(w, "step", ">documents", ">removed", ">changed", ">bytes", ">shorter by")
	for _, s := range a.Steps {
		changed := 0
		for _, r := range s.Rules {
			changed = max(changed, r.Changed)
		}
		t.AppendRow(table.Row{s.Name, s.DocumentsOut, s.DocumentsIn - s.DocumentsOut, changed,
			s.BytesOut, s.BytesIn - s.BytesOut})
	}
	t.print()
	for _, s := range a.Steps {
		if len(s.Rules)+len(s.Facts) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", s.Name)
		for _, f := range s.Facts {
			fmt.Fprintf(w, "  %s\n", f)
		}
		for _, r := range s.Rules {
			fmt.Fprintf(w, "  %s: %s\n", r.Name, effect(r))
			for _, e := range r.Examples[:min(max(examples, 0), len(r.Examples))] {
				fmt.Fprintf(w, "    %s: %s\n", e.Source, e.Text)
				if e.Why != "" {
					fmt.Fprintf(w, "      %s\n", e.Why)
				}
			}
		}
	}
	documents, bytes := 0, 0
	for _, s := range a.Output {
		documents, bytes = documents+s.Documents, bytes+s.Bytes
	}
	_, err := fmt.Fprintf(w, "\n%s: %s, %s in %s\n", out, count(documents, "document"),
		count(bytes, "byte"), count(len(a.Output), "file"))
	return err
}

func effect(r *refine.RuleAccount) string {
	var parts []string
	if r.Removed > 0 {
		parts = append(parts, "removed "+count(r.Removed, "document"))
	}
	if r.Changed > 0 {
		parts = append(parts, "changed "+count(r.Changed, "document"))
	}
	return strings.Join(parts, ", ")
}
