package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// chatting holds the state of lmzoo chat.
type chatting struct {
	model   lm.Model
	layout  *prompt.Layout
	options prompt.Options
	history []prompt.Message // a system message, and the turns so far

	tools   []string
	system  string
	once    string
	forget  bool
	json    bool
	seed    uint64
	threads int
	p       *progress
}

func newChat(cat zoo.Catalogue) *cobra.Command {
	ch := &chatting{}
	c := &cobra.Command{
		Use:   "chat RUN",
		Short: "Talk with a run that has learned to answer",
		Long: `Talk with a run that has learned to answer (lmzoo sft, dpo or rl). On a terminal it
asks for one question after another; Ctrl-C stops an answer, and Ctrl-D or Ctrl-C at the prompt ends
the conversation. /new begins a new one. Elsewhere, every line of standard input is a question, and
every answer is a line of standard output.

When the conversation no longer fits the model's window, the oldest turns are dropped, with a note.
The system message stays.

Tools that the model may call, if it has learned to:

  calculator      integers: 4 7 times 3 6, 47*36 + 2
  lookup          the table of the world that the run was trained on, world-talk
  lookup=FILE     a table: one JSON object of texts, or lines of key, tab and value
  NAME=COMMAND    a program of yours, without a shell: it reads the input as a line on standard
                  input and writes the result to standard output within 5 seconds

With --tools and without --system, the system message is "tools : " and their names.`,
		Example: `  lmzoo chat runs/gpt-sft
  lmzoo chat runs/gpt-sft --tools calculator --once "what is 4 7 times 3 6 ?"
  lmzoo chat runs/gpt-sft --tools calculator,lookup=ages.tsv --tools "weather=./weather.sh --now"
  lmzoo chat runs/gpt-sft < questions.txt > answers.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return ch.run(c, cat, args[0]) },
	}
	fs := c.Flags()
	fs.StringVar(&ch.system, "system", "", "system message, which begins the conversation")
	fs.StringArrayVar(&ch.tools, "tools", nil, "tools that the model may call: "+
		"calculator, lookup, lookup=FILE, NAME=COMMAND")
	fs.StringVar(&ch.once, "once", "", "ask one question, print the answer and exit")
	fs.BoolVar(&ch.forget, "no-history", false, "start a new conversation with every question")
	fs.BoolVar(&ch.json, "json", false, "print each answer and its calls as one line of JSON")
	fs.Uint64Var(&ch.seed, "seed", 1, "random seed")
	fs.IntVar(&ch.threads, "threads", runtime.NumCPU(),
		"number of threads (any number gives the same results)")
	o := &ch.options
	fs.IntVar(&o.Max, "tokens", 0, "maximum number of tokens per answer (0: the model's window)")
	samplingFlags(fs, &o.Options)
	fs.IntVar(&o.Calls, "calls", 4, "maximum number of tool calls per answer")
	complete(c, "tools", func() []string { return []string{"calculator", "lookup"} })
	return c
}

// run opens the run and answers the questions.
func (ch *chatting) run(c *cobra.Command, cat zoo.Catalogue, dir string) error {
	ch.p = newProgress(c.ErrOrStderr(), false)
	if err := ch.check(); err != nil {
		return err
	}
	r, err := cat.Open(dir)
	if err != nil {
		return err
	}
	if ch.model, err = r.LM(); err != nil {
		return err
	}
	if ch.layout, err = r.Layout(); err != nil {
		return err
	}
	if ch.options.Tools, err = r.Config.Data.Tools(ch.tools); err != nil {
		return err
	}
	if names := ch.options.Tools.Names(); ch.system == "" && len(names) > 0 {
		ch.system = prompt.Offer(names)
	}
	zoo.SetThreads(r.Model, ch.threads)
	ch.options.Rand = sample.Rand(ch.seed)
	ch.startConversation()
	in, out := c.InOrStdin(), c.OutOrStdout()
	if c.Flags().Changed("once") {
		return ch.answer(c.Context(), out, ch.once)
	}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return ch.converse(c.Context(), in, out)
	}
	return ch.lines(c.Context(), in, out)
}

// check validates the flags.
func (ch *chatting) check() error {
	if _, err := ch.options.Warps(); err != nil {
		return usageError{err}
	}
	if ch.threads < 1 || ch.threads > maxThreads {
		return usagef("--threads is %d; want 1 to %d", ch.threads, maxThreads)
	}
	if ch.options.Calls < 1 {
		return usagef("--calls is %d; want at least 1", ch.options.Calls)
	}
	return nil
}

// startConversation starts a conversation, with the system message if there is one.
func (ch *chatting) startConversation() {
	ch.history = nil
	if ch.system != "" {
		ch.history = []prompt.Message{{Role: prompt.System, Content: ch.system}}
	}
}

// answered is the JSON form of an answer.
type answered struct {
	Question string           `json:"question"`
	Answer   string           `json:"answer"`
	Messages []prompt.Message `json:"messages"` // messages of the assistant and the tools
	End      string           `json:"end"`
}

// answer answers a question and writes the answer.
func (ch *chatting) answer(ctx context.Context, w io.Writer, question string) error {
	if ch.forget {
		ch.startConversation()
	}
	messages := append(slices.Clone(ch.history), prompt.Message{Role: prompt.User,
		Content: question})
	var text strings.Builder
	reply, err := prompt.Answer(ctx, ch.model, ch.layout, messages, ch.options,
		func(piece prompt.Piece) bool {
			switch piece.Kind {
			case prompt.PieceText:
				text.WriteString(piece.Text)
				if !ch.json {
					fmt.Fprint(w, strings.ReplaceAll(piece.Text, "\n", " "))
				}
			case prompt.PieceCall:
				if text.Len() > 0 {
					text.WriteByte(' ')
					if !ch.json {
						fmt.Fprint(w, " ")
					}
				}
			case prompt.PieceResult:
				ch.p.note("%s %s → %s", piece.Call.Tool, piece.Call.Input, piece.Text)
			case prompt.PieceNote:
				ch.p.note("note: %s", piece.Text)
			}
			return true
		})
	if errors.Is(err, prompt.ErrTooLong) {
		return usageError{err}
	}
	if !ch.json {
		fmt.Fprintln(w)
	}
	if err != nil {
		return err
	}
	ch.history = append(messages, reply.Messages...)
	if ch.json {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(answered{question, strings.TrimSpace(text.String()), reply.Messages,
			reply.End})
	}
	if reply.End == prompt.EndLength {
		ch.p.note("note: the answer was cut at the maximum length")
	}
	return nil
}

// lines answers every line of in as a question.
func (ch *chatting) lines(ctx context.Context, in io.Reader, w io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxPrompt)
	for n := 1; lines.Scan(); n++ {
		question := strings.TrimSpace(lines.Text())
		if question == "" {
			continue
		}
		if err := ch.answer(ctx, w, question); err != nil {
			return fmt.Errorf("standard input: line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// converse answers the questions of a person at a terminal. Ctrl-C stops an answer.
func (ch *chatting) converse(ctx context.Context, in io.Reader, w io.Writer) error {
	ctx = context.WithoutCancel(ctx) // the first Ctrl-C must not end the program
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, interrupts()...)
	defer signal.Stop(signals)
	questions := make(chan string)
	go func() {
		defer close(questions)
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, maxPrompt)
		for lines.Scan() {
			questions <- strings.TrimSpace(lines.Text())
		}
	}()
	for {
		fmt.Fprint(w, "> ")
		select {
		case <-signals:
			fmt.Fprintln(w)
			return nil
		case question, ok := <-questions:
			switch {
			case !ok:
				fmt.Fprintln(w)
				return nil
			case question == "":
			case question == "/new":
				ch.startConversation()
			default:
				if err := ch.untilInterrupt(ctx, signals, w, question); err != nil {
					return err
				}
			}
		}
	}
}

// untilInterrupt answers a question until a signal stops the answer.
func (ch *chatting) untilInterrupt(ctx context.Context, signals <-chan os.Signal, w io.Writer,
	question string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answered := make(chan struct{})
	defer close(answered)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-answered:
		}
	}()
	err := ch.answer(ctx, w, question)
	switch {
	case errors.Is(err, context.Canceled):
		return nil // the question is not part of the history
	case errors.Is(err, prompt.ErrTooLong):
		ch.p.note("%v", err)
		return nil
	}
	return err
}
