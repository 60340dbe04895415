// Command lmzoo trains, evaluates and compares language models, and generates text with them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"lmzoo/zoo"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2   // a wrong flag, argument, command or configuration key
	exitInterrupted = 130 // Ctrl-C, after saving
)

// bounce is the time in which a second interrupt counts as part of the first: timeout(1) sends two
// at once, to the process and to its group, and the second must not abort the save that the first
// started.
const bounce = time.Second

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns its exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts()...)
	defer stop()
	context.AfterFunc(ctx, func() {
		time.Sleep(bounce)
		stop() // pressing Ctrl-C again ends the program at once
	})
	root := newRoot(zoo.Standard())
	root.SetArgs(args)
	root.SetIn(in)
	written := &output{Writer: out}
	root.SetOut(written)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	written.flush()
	if err == nil {
		err = written.err
	}
	if err == nil {
		return exitOK
	}
	interrupted := ctx.Err() != nil && errors.Is(err, context.Canceled)
	text := unknownCommand(root, err).Error()
	if interrupted {
		text = strings.ReplaceAll(text, context.Canceled.Error(), "interrupted")
	}
	fmt.Fprintln(errw, wrapLines("lmzoo: "+printable(text), columns(errw)))
	var usage usageError
	var misuse zoo.Misuse
	switch {
	case interrupted:
		return exitInterrupted
	case errors.As(err, &usage), errors.As(err, &misuse),
		strings.HasPrefix(err.Error(), "unknown command"),
		strings.HasPrefix(err.Error(), "required flag"):
		return exitUsage
	}
	return exitFailed
}

// interrupts lists the signals that end a command after it has saved. A terminal that closes sends
// SIGHUP, which a process started by nohup(1) ignores.
func interrupts() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// usageError marks a mistake on the command line, rather than a failed operation.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// version returns the version of the module, or the commit that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value[:min(len(s.Value), 12)]
		}
	}
	return fmt.Sprintf("%s, %s, %s/%s", v, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}

func newRoot(cat zoo.Catalogue) *cobra.Command {
	root := &cobra.Command{
		Use:   "lmzoo",
		Short: "A museum of working language models",
		Long: `lmzoo trains a language model of every era, from counting to the transformer, on
the same bytes, and compares them by one measure: bits per byte of held-out text.

Start with:   lmzoo compare          every era on a small synthetic world, in a minute and a half
              lmzoo list             every species of model

Results go to standard output and progress to standard error: redrawn in place on a terminal, as
plain lines elsewhere or if NO_COLOR is set.

Exit codes: 0 success, 1 failure, 2 invalid command, argument, flag or setting, 130 interrupted
(the training so far is saved).`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{flagError(c, err)}
	})
	root.DisableSuggestions = true // unknownCommand makes suggestions on one line
	setHelp(root)
	root.AddGroup(
		&cobra.Group{ID: "see", Title: "See:"},
		&cobra.Group{ID: "work", Title: "Work:"},
		&cobra.Group{ID: "data", Title: "Data:"},
	)
	for _, c := range []struct {
		group   string
		command *cobra.Command
	}{
		{"see", newCompare(cat)}, {"see", newPlay(cat)}, {"see", newReport(cat)},
		{"see", newList(cat)}, {"see", newNext(cat)}, {"see", newGenerate(cat)},
		{"see", newChat(cat)},
		{"see", newExplain(cat)}, {"see", newFill(cat)}, {"see", newNeighbours(cat)},
		{"see", newAnalogy(cat)}, {"see", newLab()}, {"see", newBench()},
		{"work", newTrain(cat)}, {"work", newEval(cat)}, {"work", newCompress(cat)},
		{"work", newDecompress(cat)}, {"work", newFinetune(cat)}, {"work", newClassify(cat)},
		{"work", newSFT(cat)}, {"work", newReward(cat)}, {"work", newDPO(cat)},
		{"work", newRL(cat)}, {"work", newPipeline(cat)},
		{"work", newEmbed(cat)}, {"work", newExport(cat)}, {"work", newMix(cat)},
		{"data", newCorpus()}, {"data", newRefine()}, {"data", newTokenize()},
	} {
		c.command.GroupID = c.group
		wrapArgs(c.command)
		root.AddCommand(c.command)
	}
	return root
}

// wrapArgs turns a wrong number of arguments into a usage error, for c and its subcommands.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usagef("%s: %w; see: %s --help", cmd.CommandPath(), err, cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}
