package lmzoo

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors lists the layers of the module: a package imports only packages of lower floors.
const floors = `
0  docs/lab  lm  suggest  procgroup  autograd/gemm  autograd/vec  format/safetensors  format/atomic
0  format/lock  format/npy  format/word2vec  report/uplot  report/palette  report/browsertest
1  autograd  corpus  lm/sample  lm/lmtest  lm/compress
2  nn  eval  corpus/world
3  nn/nntest  train/optim  ngram  mlp  rnn  transformer  prompt
4  train  corpus/refine
5  task
5  align
6  zoo  bench
7  lab
8  report  play/web
9  play/models  play/playtest
10 play/openai  play/jobs  play/chat  play/experiments
11 play
12 cmd/lmzoo
`

func TestFloors(t *testing.T) {
	floor := map[string]int{}
	for line := range strings.Lines(floors) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		n, err := strconv.Atoi(fields[0])
		require.NoError(t, err)
		for _, room := range fields[1:] {
			floor[room] = n
		}
	}
	require.NoError(t, filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(file, "go.mod")); file != "." &&
				(err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir // a module of its own, or not ours
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		room := path.Dir(filepath.ToSlash(file))
		test := strings.HasSuffix(file, "_test.go")
		if room == "." {
			return nil // the root package: its doc and its Example use everything
		}
		if !test {
			require.Contains(t, floor, room, "%s stands in a room that the floors do not know",
				file)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			target, ours := strings.CutPrefix(target, "lmzoo/")
			if !ours || target == room {
				continue
			}
			require.Contains(t, floor, target, "%s imports %s, a room that the floors do not know",
				file, target)
			if strings.HasSuffix(target, "test") {
				require.True(t, test, "%s imports %s, which is for tests", file, target)
				continue // every species is tested against the contract
			}
			require.Less(t, floor[target], floor[room], "%s (floor %d) imports %s (floor %d)", file,
				floor[room], target, floor[target])
		}
		return nil
	}))
}
