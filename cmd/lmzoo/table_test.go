package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
)

func TestTableFits(t *testing.T) {
	var out bytes.Buffer
	make := func() *grid {
		g := newTable(&out, "era", "model", ">params", ">tokens", ">bits/byte")
		g.spare, g.long = []string{"tokens", "era"}, "model"
		g.AppendRow(table.Row{"SLM", "5-gram modified Kneser-Ney", "182k", "1.50M", "0.3525"})
		g.AppendRow(table.Row{"PLM", "GPT", "137k", "999k", "0.2230"})
		return g
	}
	make().print()
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "tokens", "what is piped is complete")
	full := out.String()

	require.Equal(t, full, make().fit(80))
	narrow := make().fit(50)
	require.NotContains(t, narrow, "tokens")
	require.Contains(t, narrow, "5-gram modified Kneser-Ney")
	tiny := make().fit(36)
	require.NotContains(t, tiny, "era")
	require.Contains(t, tiny, "…")
	require.Contains(t, tiny, "0.2230")
	for width := 12; width < 90; width++ {
		for line := range strings.Lines(make().fit(width)) {
			require.LessOrEqual(t,
				text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")), width, "%q",
				line)
		}
	}
}
