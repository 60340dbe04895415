package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/zoo"
)

func newCorpus() *cobra.Command {
	c := &cobra.Command{
		Use:   "corpus",
		Short: "Text to train on: list, info, show, get",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q for \"lmzoo corpus\"; want list, info, show "+
					"or get", args[0])
			}
			return c.Help()
		},
	}
	c.AddCommand(newCorpusList(), newCorpusInfo(), newCorpusShow(), newCorpusGet())
	return c
}

func newCorpusList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the corpora known by name",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(c.OutOrStdout(), knownCorpora())
			}
			t := newTable(c.OutOrStdout(), "name", ">bytes", "what")
			t.long, t.prose = "what", true
			for _, g := range zoo.GeneratedCorpora() {
				t.AppendRow(table.Row{g.Name, "unlimited", g.Title})
			}
			for _, n := range corpus.AllNamed() {
				t.AppendRow(table.Row{n.Name, n.Bytes, n.Title})
			}
			t.print()
			fmt.Fprintln(c.OutOrStdout(), "\nYour own text: --corpus FILE, a directory, or - for "+
				"standard input.")
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return c
}

// knownCorpus is a row of lmzoo corpus list --json.
type knownCorpus struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Bytes     int64  `json:"bytes,omitempty"` // 0 for generated corpora, which have no fixed size
	SHA256    string `json:"sha256,omitempty"`
	URL       string `json:"url,omitempty"`
	Licence   string `json:"licence,omitempty"`
	Documents string `json:"documents"`
	Split     string `json:"split,omitempty"`
}

// knownCorpora returns the rows of lmzoo corpus list, generated corpora first.
func knownCorpora() []knownCorpus {
	var known []knownCorpus
	for _, g := range zoo.GeneratedCorpora() {
		known = append(known, knownCorpus{Name: g.Name, Title: g.Title,
			Documents: string(corpus.Lines)})
	}
	for _, n := range corpus.AllNamed() {
		known = append(known, knownCorpus{n.Name, n.Title, n.Bytes, n.SHA256, n.URL, n.Licence,
			string(n.Documents), n.Ratio.String()})
	}
	return known
}

func newCorpusGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME...",
		Short: "Fetch corpora into the cache, checked by SHA-256",
		Args:  cobra.MinimumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(zoo.NamedCorpora(),
			cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range args {
				n, err := corpus.FindNamed(name)
				if err != nil {
					return usageError{err}
				}
				path, err := corpus.Cache{}.Get(c.Context(), n)
				if err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout(), path)
			}
			return nil
		},
	}
}

// corpusInfo is the result of lmzoo corpus info.
type corpusInfo struct {
	zoo.Data
	Parts []partInfo `json:"parts"`
}

type partInfo struct {
	Part      string `json:"part"`
	Documents int    `json:"documents"`
	Bytes     int    `json:"bytes"`
	Tokens    int    `json:"tokens"`
}

func newCorpusInfo() *cobra.Command {
	var (
		data   dataFlags
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "info [NAME|FILE]",
		Short: "Print the size, hash, documents and tokens of a corpus",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if c.Flags().Changed("corpus") {
					return usagef(
						"corpus %s: given twice; want either an argument or --corpus",
						c.Name())
				}
				data.data.Corpus = args[0]
			}
			if err := data.check(); err != nil {
				return err
			}
			split, tok, err := data.load(c.Context(), c, newProgress(c.ErrOrStderr(), false))
			if err != nil {
				return err
			}
			info := corpusInfo{Data: data.data}
			for _, name := range []string{"train", "valid", "test"} {
				docs, err := zoo.Part(split, name)
				if err != nil {
					return err
				}
				p := partInfo{Part: name, Documents: len(docs)}
				var tokens []lm.Token
				for _, d := range docs {
					tokens = corpus.EncodeDocument(tokens[:0], tok, d)
					p.Bytes += d.Bytes()
					p.Tokens += len(tokens)
				}
				info.Parts = append(info.Parts, p)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), info)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %d bytes, SHA-256 %s\ndocuments: %s, split: %s, "+
				"tokenizer: %s, vocabulary %d\n\n",
				info.Corpus, info.Data.Bytes, info.SHA256, info.Documents, info.Split, tok.Name(),
				tok.Vocab())
			t := newTable(c.OutOrStdout(), "part", ">documents", ">bytes", ">tokens")
			for _, p := range info.Parts {
				t.AppendRow(table.Row{p.Part, p.Documents, p.Bytes, p.Tokens})
			}
			t.print()
			return nil
		},
	}
	data.add(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return c
}
