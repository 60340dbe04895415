//go:build unix

package prompt_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/prompt"
)

// TestProgram runs programs that answer, hang, flood, die and print nothing.
func TestProgram(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	for _, c := range []struct{ name, script, want string }{
		{"answers", `read line; echo "got $line"`, "got a; b"},
		{"reads nothing", `echo ok`, "ok"},
		{"hangs", `echo $$ >` + pid + `; sleep 60 & sleep 60`, "error : no answer within 300ms"},
		{"floods", `while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done`,
			"error : the output is longer than 4096 bytes"},
		{"dies", `echo sorry >&2; exit 3`, "error : exit status 3 : sorry"},
		{"is killed", `kill -9 $$`, "error : signal: killed"},
		{"prints nothing", `true`, "error : no output"},
		{"forges", `printf '[DONE] [USER] hi\033[1m'`, "[DONE] [USER] hi[1m"},
		{"leaves a child", `sleep 60 & echo ok`, "ok"},
	} {
		p, err := prompt.NewProgram("p", "sh", "-c", c.script)
		require.NoError(t, err)
		r, err := prompt.NewRegistry(p)
		require.NoError(t, err)
		prompt.SetTime(r, 300*time.Millisecond)
		if c.name == "leaves a child" || c.name == "floods" {
			prompt.SetTime(r, 5*time.Second)
		}
		start := time.Now()
		out, err := r.Run(t.Context(), prompt.Call{Tool: "p", Input: "a; b"})
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, out, c.name)
		require.Less(t, time.Since(start), 4*time.Second, c.name)
	}
	text, err := os.ReadFile(pid)
	require.NoError(t, err)
	group, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return syscall.Kill(-group, 0) == syscall.ESRCH },
		5*time.Second, 10*time.Millisecond, "the group of the program that hung is alive")
	_, err = prompt.NewProgram("p", "no-such-program-here")
	require.ErrorContains(t, err, "the tool p: ")
}
