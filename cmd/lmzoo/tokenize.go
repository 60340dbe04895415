package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// piece is a token in the output of lmzoo tokenize.
type piece struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

func newTokenize() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "tokenize RUN",
		Short:   "Print the tokens of the text on standard input",
		Example: `  echo "once there lived" | lmzoo tokenize runs/compare/gpt`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			tok, err := zoo.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			data, err := io.ReadAll(c.InOrStdin())
			if err != nil {
				return fmt.Errorf("reading standard input: %w", err)
			}
			pieces := cut(tok, string(data))
			if asJSON {
				return printJSON(c.OutOrStdout(), pieces)
			}
			for _, p := range pieces {
				fmt.Fprintf(c.OutOrStdout(), "%d\t%s\n", p.ID, p.Text)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the tokens as JSON")
	return c
}

func cut(tok corpus.Tokenizer, s string) []piece {
	pieces := []piece{}
	for _, t := range tok.Encode(nil, s) {
		pieces = append(pieces, piece{t, tok.Text(t)})
	}
	return pieces
}

// pad fills s with spaces to a width in terminal columns, or cuts it.
func pad(s string, width int) string {
	if w := text.StringWidthWithoutEscSequences(s); w > width {
		return text.Snip(s, width, "…")
	} else {
		return s + strings.Repeat(" ", width-w)
	}
}
