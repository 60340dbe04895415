package align

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// TestMain turns the test binary into a reward program when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "reward-program" {
		os.Exit(rewardProgram(os.Args[2], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// rewardProgram rewards an answer with its length, or misbehaves from the third answer on.
func rewardProgram(mode string, in io.Reader, out io.Writer) int {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		var question struct{ Prompt, Answer string }
		if json.Unmarshal(lines.Bytes(), &question) != nil {
			return 3
		}
		if n >= 3 {
			switch mode {
			case "dies":
				fmt.Fprintln(os.Stderr, "first\nno more memory")
				return 7
			case "hangs":
				select {}
			case "hangs with a child":
				child := exec.Command("sleep", "60")
				child.Stdout = os.Stdout
				_ = child.Start()
				select {}
			case "floods":
				for {
					fmt.Fprint(out, strings.Repeat("x", 1<<12))
				}
			case "writes two lines":
				fmt.Fprintln(out, `{"reward": 1}`)
			case "says":
				fmt.Fprintln(out, "I like it", "very much")
				continue
			case "huge":
				fmt.Fprintln(out, `{"reward": 1e300}`)
				continue
			case "null":
				fmt.Fprintln(out, `{"reward": null}`)
				continue
			case "closes":
				os.Stdout.Close()
				time.Sleep(time.Minute)
			}
		}
		fmt.Fprintf(out, "{\"reward\": %d}\n", len(question.Prompt)*10+len(question.Answer))
	}
	return 0
}

func programOf(t testing.TB, mode string) *Program {
	p, err := NewProgram([]string{os.Args[0], "reward-program", mode}, 2*time.Second,
		func(r *Rollout) Judged {
			return Judged{Prompt: strings.Repeat("p\n", r.Start),
				Answer: strings.Repeat("[", len(r.Answer()))}
		})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func someAnswers(n int) (all []Rollout) {
	for i := range n {
		all = append(all, Rollout{Prompt: i / 2, Sample: i % 2, Start: 2,
			Tokens: make([]lm.Token, 2+i)})
	}
	return all
}

// TestProgram checks that the program is started once and judges every answer.
func TestProgram(t *testing.T) {
	p := programOf(t, "works")
	for range 3 {
		rewards, err := p.Rewards(t.Context(), someAnswers(5))
		require.NoError(t, err)
		require.Equal(t, []float64{40, 41, 42, 43, 44}, rewards)
	}
	started := p.process.cmd.Process.Pid
	_, err := p.Rewards(t.Context(), someAnswers(1))
	require.NoError(t, err)
	require.Equal(t, started, p.process.cmd.Process.Pid)
}

// TestProgramFails checks that a program that dies, hangs, floods or writes something else causes a
// one-line error that names the prompt, and that the program is ended.
func TestProgramFails(t *testing.T) {
	for mode, says := range map[string]string{
		"dies":   `it ended with exit status 7: "no more memory"; want`,
		"hangs":  "no answer within 2s; want",
		"floods": "a line of more than 65536 bytes; want",
		"says":   `it wrote "I like it very much"; want {"reward": number}`,
		"null":   `it wrote "{\"reward\": null}"; want`,
		"huge":   "the reward is 1e+300; want a number in [−1e+09, 1e+09]",
		"closes": "; want",

		"hangs with a child": "no answer within 2s; want",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := programOf(t, mode)
			begin := time.Now()
			_, err := p.Rewards(t.Context(), someAnswers(5))
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "prompt 2, answer 1: reward program ")
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, time.Since(begin), 10*time.Second)
			require.Nil(t, p.process)
		})
	}
}

// TestProgramWritesTooMuch checks that an extra line is noticed, because it would become the reward
// of the next answer.
func TestProgramWritesTooMuch(t *testing.T) {
	p := programOf(t, "writes two lines")
	_, err := p.Rewards(t.Context(), someAnswers(400))
	require.ErrorContains(t, err, "after the line of the previous answer")
}

// TestProgramIsCancelled checks that cancelling the context ends the program.
func TestProgramIsCancelled(t *testing.T) {
	p := programOf(t, "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := p.Rewards(ctx, someAnswers(5))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), 1500*time.Millisecond)

	_, err = NewProgram([]string{"/no/such/program"}, time.Second, nil)
	require.ErrorContains(t, err, "reward program: ")
	_, err = NewProgram(nil, time.Second, nil)
	require.ErrorContains(t, err, "want cmd:PROGRAM")
}
