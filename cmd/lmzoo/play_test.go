package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/zoo"
)

// A directory of runs stands for its runs, in the order of the catalogue. Other files that a
// shell's * matches are skipped.
func TestRunsIn(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"gpt", "ngram", "bigram"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, zoo.ConfigFile), nil, 0o666))
	}
	report := filepath.Join(dir, "report.html")
	require.NoError(t, os.WriteFile(report, nil, 0o666))
	in := func(names ...string) (all []string) {
		for _, name := range names {
			all = append(all, filepath.Join(dir, name))
		}
		return all
	}
	require.Equal(t, in("bigram", "ngram", "gpt"), runsIn(zoo.Standard(), []string{dir}))
	require.Equal(t, in("gpt", "ngram"),
		runsIn(zoo.Standard(), []string{in("gpt")[0], in("ngram")[0], report}),
		"named ones keep their order")
	arpa := filepath.Join(dir, "kn.arpa.gz")
	require.NoError(t, os.WriteFile(arpa, nil, 0o666))
	require.Equal(t, append(in("gpt"), arpa),
		runsIn(zoo.Standard(), []string{in("gpt")[0], arpa, report}),
		"a model of another toolkit is a file")
	require.Equal(t, []string{report}, runsIn(zoo.Standard(), []string{report}),
		"to be told what is wrong with it")
	require.Equal(t, []string{"nowhere"}, runsIn(zoo.Standard(), []string{"nowhere"}))
}
