//go:build unix

package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/ngram"
	"lmzoo/zoo"
)

// killed is a command that is killed at a random moment and then run again to completion.
type killed struct {
	name   string
	args   string                         // arguments of the command, which may be repeated
	before []string                       // commands that prepare the directory
	state  func(t *testing.T, dir string) // checks the directory right after a kill
	// files that must have the same bits as without a kill
	same []string
}

const (
	killText  = "--corpus text.txt --documents lines --split 80/10/10"
	killShape = " --hidden 8 --n-embd 8 --batch 4 --context 16 --steps 40 --eval-every 2 " +
		"--save-every 1 --threads 1"
	killGPT = " --n-layer 1 --n-head 2 --n-embd 8 --batch 4 --context 16 --steps 40 " +
		"--eval-every 2 --save-every 1 --threads 1"
)

var killCommands = []killed{
	{
		name: "gpt", args: "train gpt --resume --out run " + killText + killGPT,
		state: opens("no config.json", "no model.safetensors yet"),
		same:  []string{"run/model.safetensors", "run/tokenizer.json"},
	},
	{
		name: "lstm", args: "train lstm --resume --out run " + killText + killShape,
		state: opens("no config.json", "no model.safetensors yet"),
		same:  []string{"run/model.safetensors", "run/tokenizer.json"},
	},
	{
		name: "mlp", args: "train mlp --resume --out run " + killText + strings.Replace(killShape,
			"--context 16", "--context 4", 1),
		state: opens("no config.json", "no model.safetensors yet"),
		same:  []string{"run/model.safetensors", "run/tokenizer.json"},
	},
	{
		name: "ngram", args: "train ngram --order 4 --out run --overwrite " + killText,
		before: []string{"train ngram --order 2 --tokenizer word --out run " + killText},
		state:  hasOrder(2, 4),
		same:   []string{"run/model.ngram", "run/tokenizer.json"},
	},
	{
		name: "mix", args: "mix a b --out run --overwrite",
		before: []string{
			"train bigram --out a " + killText, "train ngram --order 3 --out b " + killText,
			"train bigram --tokenizer word --out run " + killText,
		},
		state: opens(),
		same:  []string{"run/tokenizer.json"},
	},
	{
		name: "compare", args: "compare uniform bigram ngram --out cmp " + killText,
		same: []string{"cmp/uniform/tokenizer.json", "cmp/bigram/model.ngram",
			"cmp/ngram/model.ngram"},
	},
	{
		name:   "sft with an adapter",
		args:   "sft --resume --from gpt --data chat.jsonl --lora-rank 2 --out run" + killStage,
		before: killBefore, state: opens("no config.json", "yet: its training"),
		same: []string{"run/adapter_model.safetensors"},
	},
	{
		name:   "dpo",
		args:   "dpo --resume --from sft --data preferences.jsonl --out run" + killStage,
		before: killBefore, state: opens("no config.json", "yet: its training"),
		same: []string{"run/model.safetensors"},
	},
	{
		name: "rl",
		args: "rl --resume --from sft --data chat.jsonl --reward reward --algorithm ppo " +
			"--prompts 2 --samples 2 --tokens 8 --out run" + killStage,
		before: append(slices.Clone(killBefore),
			"reward --from sft --data preferences.jsonl --out reward --steps 2 --threads 1"),
		state: opens("no config.json", "yet: its training"),
		same:  []string{"run/model.safetensors"},
	},
	{
		name: "export", args: "export run --out run.arpa --overwrite",
		before: []string{"train ngram --order 4 --out run " + killText},
		state: func(t *testing.T, dir string) {
			if _, err := os.Stat(filepath.Join(dir, "run.arpa")); err == nil {
				_, err := zoo.Standard().Open(filepath.Join(dir, "run.arpa"))
				require.NoError(t, err)
			}
		},
		same: []string{"run.arpa"},
	},
}

// killStage holds the flags of the post-training stage to kill, and killBefore the commands that
// make its parent.
const killStage = " --batch 4 --steps 16 --save-every 1 --eval-every 4 --threads 1"

var killBefore = []string{
	"train gpt --out gpt " + killText + strings.Replace(killGPT, "--steps 40", "--steps 2", 1) +
		" --n-positions 64",
	"sft --from gpt --data chat.jsonl --out sft --steps 2 --threads 1",
}

// opens requires that the run opens, or that the error names the reason why it is incomplete.
func opens(incomplete ...string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		_, err := zoo.Standard().Open(filepath.Join(dir, "run"))
		if err == nil || slices.ContainsFunc(incomplete,
			func(s string) bool { return strings.Contains(err.Error(), s) }) {
			return
		}
		require.NoError(t, err)
	}
}

// hasOrder requires an n-gram model with one of the given orders.
func hasOrder(orders ...int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		r, err := zoo.Standard().Open(filepath.Join(dir, "run"))
		require.NoError(t, err)
		require.Contains(t, orders, r.Model.(*ngram.Model).Order)
	}
}

// TestKill kills every command that writes, at random moments. After a kill, the directory opens,
// and the same command run again completes with the same bits and leaves no other file. No
// assertion depends on the moment. LMZOO_KILLS is the number of kills.
func TestKill(t *testing.T) {
	kills := len(killCommands)
	if !testing.Short() {
		kills *= 2
	}
	if n, err := strconv.Atoi(os.Getenv("LMZOO_KILLS")); err == nil {
		kills = n
	}
	rng := rand.New(rand.NewPCG(1, uint64(kills)))
	for i, k := range killCommands {
		t.Run(k.name, func(t *testing.T) {
			want := t.TempDir()
			prepare(t, want, k)
			start := time.Now()
			lmzoo(t, want, k.args)
			long := time.Since(start)
			for left := (kills + i) / len(killCommands); left > 0; {
				dir := t.TempDir()
				prepare(t, dir, k)
				// kill it several times in a row, often
				for again := true; again && left > 0; again = rng.IntN(2) == 0 {
					if !killOnce(t, dir, k.args, time.Duration(rng.Float64()*float64(long))) {
						break // it ended before the kill
					}
					left--
					if k.state != nil {
						k.state(t, dir)
					}
				}
				lmzoo(t, dir, k.args)
				require.Equal(t, tree(t, want), tree(t, dir), "no stray file, and none is missing")
				for _, name := range k.same {
					requireSame(t, filepath.Join(want, name), filepath.Join(dir, name))
				}
				if file := filepath.Join(dir, "run", zoo.MetricsFile); exists(file) {
					require.Equal(t, metrics(t, filepath.Join(want, "run", zoo.MetricsFile)),
						metrics(t, file))
				}
			}
		})
	}
}

func prepare(t *testing.T, dir string, k killed) {
	t.Helper()
	text := strings.Repeat("the miller ground the wheat at noon ,\nthe baker baked the bread ;\n",
		200)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text.txt"), []byte(text), 0o666))
	for name, line := range map[string]string{
		"chat.jsonl":        `{"prompt":"what ground the wheat ?","completion":"the miller ."}`,
		"preferences.jsonl": `{"prompt":"who baked ?","chosen":"the baker .","rejected":"noon ."}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name),
			[]byte(strings.Repeat(line+"\n", 12)), 0o666))
	}
	for _, args := range k.before {
		lmzoo(t, dir, args)
	}
}

// command runs this test binary as lmzoo; see TestMain.
func command(t *testing.T, dir, args string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(exe, strings.Fields(args)...)
	c.Args[0], c.Dir = "lmzoo", dir
	return c
}

func lmzoo(t *testing.T, dir, args string) {
	t.Helper()
	out, err := command(t, dir, args).CombinedOutput()
	require.NoError(t, err, "lmzoo %s\n%s", args, out)
}

// killOnce reports whether the command was killed before it ended.
func killOnce(t *testing.T, dir, args string, after time.Duration) bool {
	t.Helper()
	c := command(t, dir, args)
	require.NoError(t, c.Start())
	time.Sleep(after)
	require.NoError(t, c.Process.Kill())
	return c.Wait() != nil
}

// tree lists all names below dir.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, strings.TrimPrefix(path, dir))
		return err
	}))
	return names
}

func requireSame(t *testing.T, want, got string) {
	t.Helper()
	a, err := os.ReadFile(want)
	require.NoError(t, err)
	b, err := os.ReadFile(got)
	require.NoError(t, err)
	require.True(t, string(a) == string(b), "%s differs from the file of a command that was not "+
		"killed", got)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// metrics returns the lines of a file without their times.
func metrics(t *testing.T, path string) (lines []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		before, after, _ := strings.Cut(line, `"seconds"`)
		_, valid, _ := strings.Cut(after, `"valid"`)
		lines = append(lines, before+valid)
	}
	return lines
}
