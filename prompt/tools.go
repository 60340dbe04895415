package prompt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"lmzoo/suggest"
)

// Runner is a tool that the assistant may call. Run returns the output of a call, or an error that
// the assistant reads in its place.
type Runner interface {
	Name() string
	Run(ctx context.Context, input string) (string, error)
}

// The limits of a call.
const (
	toolTime   = 5 * time.Second
	toolOutput = 4 << 10 // bytes
)

// Registry holds the tools that an assistant may call.
type Registry struct {
	tools []Runner
	time  time.Duration // time limit per call
}

// NewRegistry returns a registry of tools with different names.
func NewRegistry(tools ...Runner) (*Registry, error) {
	r := &Registry{time: toolTime}
	for _, t := range tools {
		if err := checkTool("tools", t.Name()); err != nil {
			return nil, err
		}
		if r.find(t.Name()) != nil {
			return nil, fmt.Errorf("tools: %q is listed twice; want different names", t.Name())
		}
		r.tools = append(r.tools, t)
	}
	return r, nil
}

// Names lists the names of the tools. A nil registry has none.
func (r *Registry) Names() []string {
	var names []string
	if r != nil {
		for _, t := range r.tools {
			names = append(names, t.Name())
		}
	}
	return names
}

// Has reports whether the registry has a tool with the given name.
func (r *Registry) Has(name string) bool { return r.find(name) != nil }

func (r *Registry) find(name string) Runner {
	if r == nil {
		return nil
	}
	for _, t := range r.tools {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

// Run runs a call and returns a result that the assistant can read: the output of the tool or, if
// the tool is unknown, fails, hangs or prints nothing, a text that begins with "error : ". It
// returns an error only when ctx ends.
func (r *Registry) Run(ctx context.Context, c Call) (string, error) {
	out, err := r.run(ctx, c)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil && out == "" {
		err = errors.New("no output")
	}
	if err != nil {
		return "error : " + oneLine(err.Error()), nil
	}
	return out, nil
}

func (r *Registry) run(ctx context.Context, c Call) (string, error) {
	t := r.find(c.Tool)
	if t == nil {
		return "", unknownTool(c.Tool, r.Names())
	}
	ctx, cancel := context.WithTimeout(ctx, r.time)
	defer cancel()
	type result struct {
		out string
		err error
	}
	done := make(chan result, 1)
	go func() { // a tool that ignores ctx must not block the conversation
		var res result
		defer func() {
			if p := recover(); p != nil {
				res.err = errors.New("the tool failed")
			}
			done <- res
		}()
		res.out, res.err = t.Run(ctx, c.Input)
	}()
	select {
	case res := <-done:
		if errors.Is(res.err, context.DeadlineExceeded) {
			res.err = r.timedOut()
		}
		return clean(res.out), res.err
	case <-ctx.Done():
		return "", r.timedOut()
	}
}

func (r *Registry) timedOut() error { return fmt.Errorf("no answer within %v", r.time) }

// unknownTool returns the error that an assistant reads after it has called an unknown tool.
func unknownTool(name string, names []string) error {
	if len(names) == 0 {
		return errors.New("there are no tools")
	}
	if near := suggest.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown tool ; did you mean %s ?", near)
	}
	return fmt.Errorf("unknown tool ; want %s", strings.Join(names, " or "))
}

// clean returns an output as text: at most toolOutput bytes of valid UTF-8, without control
// characters or surrounding space.
func clean(out string) string {
	out = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, strings.ToValidUTF8(out, "\uFFFD"))
	if len(out) > toolOutput {
		out = strings.ToValidUTF8(out[:toolOutput], "")
	}
	return strings.TrimSpace(out)
}

// oneLine returns the words of a text with one space between them.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// Offer returns the system message that offers tools, in alphabetical order: "tools : calculator
// lookup".
func Offer(names []string) string {
	return "tools : " + strings.Join(slices.Sorted(slices.Values(names)), " ")
}
