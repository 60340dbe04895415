package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

func newCorpusShow() *cobra.Command {
	var (
		data   zoo.Data
		part   string
		count  int
		most   int
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "show [NAME|FILE]",
		Short: "Print the first documents of a corpus",
		Example: `  lmzoo corpus show world
  lmzoo corpus show tinyshakespeare --documents paragraphs --count 3`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(append(generatedCorpora(), zoo.NamedCorpora()...),
			cobra.ShellCompDirectiveDefault),
		RunE: func(c *cobra.Command, args []string) error {
			data.Corpus = zoo.WorldName
			if len(args) == 1 {
				data.Corpus = args[0]
			}
			if part == "all" && !data.IsGenerated() {
				data.Split = "100/0/0" // do not cut any document
			}
			flags := dataFlags{data: data}
			if err := flags.check(); err != nil {
				return err
			}
			if count < 1 || most < 1 {
				return usagef("--count is %d and --chars %d; want at least 1", count, most)
			}
			split, err := data.Load(c.Context(), zoo.Input{Stdin: c.InOrStdin(),
				Note: noteTo(c.ErrOrStderr())})
			if err != nil {
				return err
			}
			docs, err := zoo.Part(split, part)
			if err != nil {
				return usageError{err}
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), texts(docs[:min(count, len(docs))]))
			}
			printDocuments(c.OutOrStdout(), docs, count, most)
			return nil
		},
	}
	fs := c.Flags()
	fs.StringVar(&data.Documents, "documents", "", "unit of a document: file, lines or "+
		"paragraphs (default: that of the corpus)")
	fs.StringVar(&part, "split", "train", "part of the corpus: train, valid, test or all")
	fs.IntVar(&count, "count", 5, "number of documents")
	fs.IntVar(&most, "chars", 500, "maximum characters per document")
	fs.BoolVar(&asJSON, "json", false, "print whole documents as a JSON list of strings")
	complete(c, "documents", documentKinds)
	complete(c, "split", func() []string { return []string{"train", "valid", "test", "all"} })
	return c
}

func texts(docs []corpus.Document) []string {
	all := make([]string, len(docs))
	for i, d := range docs {
		all[i] = d.Text
	}
	return all
}

// printDocuments writes the beginning of documents and their sizes.
func printDocuments(w io.Writer, docs []corpus.Document, count, most int) {
	for i, d := range docs[:min(count, len(docs))] {
		fmt.Fprintf(w, "# document %d of %d, %d bytes\n", i+1, len(docs), d.Bytes())
		text := []rune(d.Text)
		if len(text) > most {
			fmt.Fprintf(w, "%s …\n\n", string(text[:most]))
		} else {
			fmt.Fprintf(w, "%s\n\n", d.Text)
		}
	}
}
