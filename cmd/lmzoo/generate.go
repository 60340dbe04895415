package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"lmzoo/lm/sample"
	"lmzoo/zoo"
)

func newGenerate(cat zoo.Catalogue) *cobra.Command {
	var (
		prompt string
		opt    = sample.Options{Max: 200, Temperature: 1}
		seed   uint64
		count  int

		beam    int
		threads int
		int8    bool
	)
	c := &cobra.Command{
		Use:   "generate RUN",
		Short: "Generate text with a run",
		Long: `Generate text after a prompt, token by token. Without --prompt, text piped to
standard input is the prompt. Generation stops at the end of the document or after --tokens
tokens.

--beam searches for the likeliest texts instead of drawing one. It prints them with ln P of what
follows the prompt, in nats, likeliest first.`,
		Example: `  lmzoo generate runs/gpt --prompt "once" --temperature 0.8
  lmzoo generate runs/gpt --prompt "once" --beam 4 --tokens 20
  echo "once there" | lmzoo generate runs/gpt`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := opt.Warps(); err != nil {
				return usageError{err}
			}
			if count < 1 {
				return usagef("--count is %d; want at least 1", count)
			}
			if err := checkBeam(c.Flags(), beam); err != nil {
				return err
			}
			r, err := cat.Open(args[0])
			if err != nil {
				return err
			}
			if threads < 1 || threads > maxThreads {
				return usagef("--threads is %d; want 1 to %d", threads, maxThreads)
			}
			if int8 {
				if err := round(r); err != nil {
					return err
				}
			}
			zoo.SetThreads(r.Model, threads)
			if !c.Flags().Changed("prompt") {
				if prompt, err = piped(c.InOrStdin()); err != nil {
					return err
				}
			}
			if beam > 0 {
				return search(c.Context(), c.OutOrStdout(), r, prompt, beam, opt.Max)
			}
			rng := sample.Rand(seed)
			for range count {
				fmt.Fprint(c.OutOrStdout(), prompt)
				if err := generate(c.Context(), c.OutOrStdout(), r, prompt, opt, rng); err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout())
			}
			return nil
		},
	}
	fs := c.Flags()
	fs.StringVar(&prompt, "prompt", "", "text to continue")
	fs.IntVar(&opt.Max, "tokens", opt.Max,
		"maximum number of tokens (0: to the end of the document)")
	samplingFlags(fs, &opt)
	fs.IntVar(&beam, "beam", 0,
		"beam width of a search for the likeliest texts (0: sample a text instead)")
	fs.IntVar(&count, "count", 1, "number of texts")
	fs.Uint64Var(&seed, "seed", 1, "random seed")
	fs.IntVar(&threads, "threads", runtime.NumCPU(),
		"number of threads (any number gives the same results)")
	fs.BoolVar(&int8, "int8", false,
		"round the weights to one byte each, which is faster for large models; eval --int8 "+
			"measures the loss of accuracy")
	return c
}

// samplingFlags adds the flags that change a distribution before a token is drawn from it.
func samplingFlags(fs *pflag.FlagSet, opt *sample.Options) {
	fs.Float64Var(&opt.Temperature, "temperature", opt.Temperature,
		"sampling temperature (0: always the likeliest token)")
	fs.IntVar(&opt.TopK, "top-k", 0, "sample from the k likeliest tokens (0: all)")
	fs.Float64Var(&opt.TopP, "top-p", 0,
		"sample from the likeliest tokens with total probability p (0: all)")
	fs.Float64Var(&opt.MinP, "min-p", 0,
		"sample from tokens at least p times as likely as the likeliest (0: all)")
}

// checkBeam rejects a negative width, and sampling flags, which a beam search does not use.
func checkBeam(fs *pflag.FlagSet, beam int) error {
	if beam < 0 {
		return usagef("--beam is %d; want a width of at least 1, or 0 to draw", beam)
	}
	if beam == 0 {
		return nil
	}
	for _, name := range []string{"temperature", "top-k", "top-p", "min-p", "count", "seed"} {
		if fs.Changed(name) {
			return usagef("--beam searches and does not draw; leave out --%s", name)
		}
	}
	return nil
}

// piped reads a prompt from standard input, unless that is a terminal. The final newline is not
// part of the prompt.
func piped(in io.Reader) (string, error) {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return "", nil
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPrompt+1))
	if err != nil {
		return "", fmt.Errorf("reading the prompt: %w", err)
	}
	if len(data) > maxPrompt {
		return "", usagef("the prompt on standard input is longer than %d bytes; pass only its end",
			maxPrompt)
	}
	return strings.TrimSuffix(string(data), "\n"), nil
}

const maxPrompt = 1 << 20
