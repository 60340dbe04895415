package align

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strings"
	"sync"
	"time"

	"lmzoo/procgroup"
	"lmzoo/prompt"
)

// Program is a Scorer that runs a user's program, without a shell. It starts the program once. For
// each answer, the program reads a Judged as a line of JSON and writes a line {"reward": …}. If the
// program ends, writes anything else or takes too long, the run stops with an error, because a
// missing reward has no good substitute. A run is reproducible only if the program's rewards are.
type Program struct {
	argv  []string
	limit time.Duration // time limit per answer
	read  func(r *Rollout) Judged

	mu      sync.Mutex // allows one question at a time
	process *process   // nil: not started
}

// Judged is an answer in the form that a reward program reads.
type Judged struct {
	Prompt   string           `json:"prompt"`   // the last user message
	Answer   string           `json:"answer"`   // the text after the last result of a tool
	Complete bool             `json:"complete"` // false: cut at the maximum length, or malformed
	Messages []prompt.Message `json:"messages"` // the whole conversation, with calls and results
}

// ProgramError is the failure of a reward program. Once the program works, the run can be resumed.
type ProgramError struct {
	Path string
	Err  error
}

// Error implements error.
func (e *ProgramError) Error() string { return fmt.Sprintf("reward program %s: %v", e.Path, e.Err) }

// Unwrap returns the error without the path.
func (e *ProgramError) Unwrap() error { return e.Err }

const (
	programLine = 1 << 16                // maximum bytes of a line of output
	programEnd  = 500 * time.Millisecond // time for the program to end
)

// NewProgram returns a scorer that runs the program argv[0] with the arguments argv[1:]. limit is
// the time per answer; read converts an answer to the form that the program reads. The program must
// exist.
func NewProgram(
	argv []string, limit time.Duration, read func(r *Rollout) Judged,
) (*Program, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("the reward has no program; want cmd:PROGRAM, such as cmd:./reward")
	}
	if limit <= 0 {
		return nil, fmt.Errorf("the time per answer is %v; want more than 0, such as 5s", limit)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, fmt.Errorf("reward program: %w; want a file that can be executed", err)
	}
	return &Program{argv: append([]string{path}, argv[1:]...), limit: limit, read: read}, nil
}

// Rewards implements Scorer.
func (p *Program) Rewards(ctx context.Context, answers []Rollout) ([]float64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		var err error
		if p.process, err = start(p.argv); err != nil {
			return nil, fmt.Errorf("reward program: %w", err)
		}
	}
	rewards := make([]float64, len(answers))
	for i := range answers {
		var err error
		if rewards[i], err = p.process.ask(ctx, p.limit, p.read(&answers[i])); err != nil {
			p.process.kill()
			p.process = nil
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, answers[i].fault(&ProgramError{p.argv[0], err})
		}
	}
	return rewards, nil
}

// Close ends the program.
func (p *Program) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		p.process.close()
		p.process = nil
	}
	return nil
}

// process is a running program.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	pipe   *io.PipeReader
	out    *bufio.Reader // reads from pipe
	errors *lastLine
	ended  chan struct{} // closed when it has ended
	status error
}

func start(argv []string) (*process, error) {
	r := &process{cmd: exec.Command(argv[0], argv[1:]...), errors: new(lastLine),
		ended: make(chan struct{})}
	in, err := r.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// not StdoutPipe: Wait would close it, perhaps before the last line has been read
	out, w := io.Pipe()
	r.in, r.pipe, r.out = in, out, bufio.NewReaderSize(out, programLine)
	r.cmd.Stdout, r.cmd.Stderr, r.cmd.WaitDelay = w, r.errors, programEnd
	procgroup.Isolate(r.cmd)
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		r.status = r.cmd.Wait()
		close(r.ended)
		w.Close()
	}()
	return r, nil
}

// ask writes an answer and reads its reward, within limit.
func (r *process) ask(
	ctx context.Context, limit time.Duration, answer Judged,
) (reward float64, err error) {
	line, err := json.Marshal(answer)
	if err != nil {
		return 0, err
	}
	type result struct {
		reward float64
		err    error
	}
	done := make(chan result, 1)
	go func() {
		reward, err := r.exchange(append(line, '\n'))
		done <- result{reward, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case res := <-done:
		return res.reward, res.err
	case <-timer.C:
		return 0, fmt.Errorf("no answer within %v; want one line for each line of input, and no "+
			"buffering of the output", limit)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// exchange writes a line and reads one.
func (r *process) exchange(line []byte) (reward float64, err error) {
	if extra := r.out.Buffered(); extra > 0 {
		return 0, fmt.Errorf("%d bytes after the line of the previous answer; want one line "+
			`{"reward": number} for each line of input`, extra)
	}
	if _, err := r.in.Write(line); err != nil {
		return 0, r.death()
	}
	text, err := r.out.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return 0, fmt.Errorf(`a line of more than %d bytes; want {"reward": number}`, programLine)
	case err != nil:
		return 0, r.death()
	}
	var reply struct{ Reward *float64 }
	if err := json.Unmarshal(text, &reply); err != nil || reply.Reward == nil {
		return 0, fmt.Errorf(`it wrote %s; want {"reward": number}`, quoted(string(text)))
	}
	if !(math.Abs(*reply.Reward) <= maxReward) {
		return 0, fmt.Errorf("the reward is %v; want a number in [−%g, %g]", *reply.Reward,
			maxReward, maxReward)
	}
	return *reply.Reward, nil
}

// death returns an error that says why the program ended too early.
func (r *process) death() error {
	select {
	case <-r.ended:
	case <-time.After(programEnd):
		return errors.New("it closed its input or output; want it to read and write until its " +
			"input ends")
	}
	what := "it ended"
	if r.status != nil {
		what = "it ended with " + r.status.Error()
	}
	if said := r.errors.String(); said != "" {
		what += ": " + quoted(said)
	}
	return errors.New(what + "; want it to run until its input ends")
}

// close closes the program's input and gives the program time to end.
func (r *process) close() {
	r.in.Close()
	select {
	case <-r.ended:
	case <-time.After(programEnd):
	}
	r.kill()
}

// kill ends the program and its children.
func (r *process) kill() {
	r.in.Close()
	_ = procgroup.Kill(r.cmd) // fails if it has ended
	r.pipe.Close()            // so that Wait does not wait for a reader
	select {
	case <-r.ended:
	case <-time.After(2 * programEnd):
	}
}

// quoted returns the text of another program on one line, short enough for an error message.
func quoted(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	const most = 200
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// lastLine is a Writer that keeps the end of the text written to it.
type lastLine struct {
	mu   sync.Mutex
	text []byte
}

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if n := len(l.text) - 1<<12; n > 0 {
		l.text = append(l.text[:0], l.text[n:]...)
	}
	return len(p), nil
}

// String returns the last non-empty line.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.text)), "\n")
	return lines[len(lines)-1]
}
