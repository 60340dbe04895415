package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"lmzoo/procgroup"
)

// Program is a tool that runs a user's program, without a shell. The program reads the input from
// its standard input and writes the result to its standard output. When its time is up, its process
// group is killed.
type Program struct {
	name string
	argv []string
}

// drainTime is the time for which a program's children may keep its output open after it has ended.
const drainTime = 200 * time.Millisecond

// NewProgram returns a tool with the given name that runs the program argv. The program must exist.
func NewProgram(name string, argv ...string) (*Program, error) {
	if len(argv) == 0 {
		return nil, fmt.Errorf("the tool %s has no program; want a command such as ./%s", name,
			name)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, fmt.Errorf("the tool %s: %w; want a file that can be executed", name, err)
	}
	return &Program{name, append([]string{path}, argv[1:]...)}, nil
}

// Name implements Runner.
func (p *Program) Name() string { return p.name }

// Run implements Runner.
func (p *Program) Run(ctx context.Context, input string) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &bounded{over: func() { cancel(errFlood) }}
	complaint := &bounded{over: func() {}} // further output is dropped
	c := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	c.Stdin = strings.NewReader(input + "\n")
	c.Stdout, c.Stderr = out, complaint
	c.WaitDelay = drainTime
	procgroup.Isolate(c)
	c.Cancel = func() error { return procgroup.Kill(c) }
	err := c.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		_ = procgroup.Kill(c) // the children that kept the output open
		err = nil
	}
	var exit *exec.ExitError
	switch {
	case context.Cause(ctx) != nil && ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit):
		if line := lastLine(complaint.text.String()); line != "" {
			return "", fmt.Errorf("%s : %s", exit, line)
		}
		return "", fmt.Errorf("%s", exit)
	case err != nil && !isPipe(err):
		return "", err
	}
	return out.text.String(), nil
}

var errFlood = fmt.Errorf("the output is longer than %d bytes", toolOutput)

// isPipe reports whether a program ended without reading its input, which is allowed.
func isPipe(err error) bool { return strings.Contains(err.Error(), "broken pipe") }

// lastLine returns the last non-empty line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return oneLine(lines[len(lines)-1])
}

// bounded stores the first toolOutput bytes and calls over if there are more.
type bounded struct {
	text bytes.Buffer // not embedded: its ReadFrom has no bound
	over func()
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	room := toolOutput - b.text.Len()
	b.text.Write(p[:min(len(p), room)])
	if len(p) > room {
		b.over()
	}
	return len(p), nil
}
