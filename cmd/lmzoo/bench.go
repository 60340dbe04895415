package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/bench"
	"lmzoo/report"
)

func newBench() *cobra.Command {
	var (
		run     runFlags
		seconds float64
		pieces  int
		memory  bool
		plot    string
	)
	c := &cobra.Command{
		Use:   "bench [NAME...]",
		Short: "Measure how fast this machine trains and generates",
		Long: `Measure the limits of this machine (multiply-adds and memory bandwidth) and how
close the models come to them on one thread and on all threads: in training, in generation token
by token, and in generation with one-byte weights. Also measure the memory of a training process.
Times are medians. All measurements are repeated in several rounds, so that a disturbance affects
all of them alike. GFLOP/s count 6 operations per weight and token, plus attention.

Without names, all benchmarks run. A name selects all benchmarks that begin with it, such as
"makemore". "scaling" varies the rows, layers, channels and context of nanoGPT's recipe; --plot
draws the result.`,
		Example: `  lmzoo bench gpt
  lmzoo bench lstm gru --seconds 5 --threads 2 --json
  lmzoo bench scaling --plot scaling.svg`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := run.check(); err != nil {
				return err
			}
			if !(seconds > 0 && seconds <= maxBenchSeconds) {
				return usagef("--seconds is %v; want a time above 0 and at most %d", seconds,
					maxBenchSeconds)
			}
			if pieces < 0 {
				return usagef("--pieces is %d; want at least 1, or 0 for the default", pieces)
			}
			shapes, err := bench.Find(args)
			if err != nil {
				return usageError{err}
			}
			if err := checkPlot(plot, shapes); err != nil {
				return err
			}
			if memory { // this is the process that peakMemory observes
				return bench.TrainOnce(shapes[0], run.threads, pieces)
			}
			p := newProgress(c.ErrOrStderr(), run.quiet)
			peaks := map[string]int64{}
			for _, s := range shapes {
				p.printStatus("memory of %s", s.Name)
				if peaks[s.Name], err = peakMemory(c.Context(), s.Name, run.threads,
					pieces); err != nil {
					return fmt.Errorf("measuring the memory of %s: %w", s.Name, err)
				}
			}
			began := time.Now()
			b, err := bench.Run(c.Context(), shapes, bench.Options{
				Threads: run.threads, Pieces: pieces,
				Each: time.Duration(seconds * float64(time.Second)),
				Progress: func(what string, done float64) {
					p.printStatus("%s%s", what, timeLeft(time.Since(began), done))
				},
			})
			p.clear()
			if err != nil {
				return err
			}
			for i := range b.Models {
				b.Models[i].PeakMemory = peaks[b.Models[i].Name]
			}
			if err := writePlot(plot, b); err != nil {
				return err
			}
			if run.json {
				return printJSON(c.OutOrStdout(), b)
			}
			printBench(c.OutOrStdout(), b)
			return nil
		},
	}
	fs := c.Flags()
	fs.IntVar(&run.threads, "threads", runtime.NumCPU(), "number of threads to compare with one")
	fs.BoolVar(&run.json, "json", false, "print the result as JSON")
	fs.BoolVarP(&run.quiet, "quiet", "q", false, "no progress on standard error")
	fs.Float64Var(&seconds, "seconds", 2,
		"seconds of training, and of generation, per model and number of threads")
	fs.IntVar(&pieces, "pieces", 0, "parallel parts of a training batch (0: as in training)")
	fs.StringVar(&plot, "plot", "",
		"plot the cost of a step into this `file`, .svg or .png (with scaling)")
	fs.BoolVar(&memory, "train-once", false, "")
	_ = fs.MarkHidden("train-once") // fails only for a flag that does not exist
	return c
}

const (
	maxThreads      = 1 << 10
	maxBenchSeconds = 3600
)

// peakMemory returns the peak memory of a separate process that trains one model, or 0 if it is
// unknown.
func peakMemory(ctx context.Context, name string, threads, pieces int) (int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	c := exec.CommandContext(ctx, self, "bench", name, "--train-once", "--threads",
		strconv.Itoa(threads), "--pieces", strconv.Itoa(pieces))
	out, err := c.CombinedOutput()
	if err != nil {
		return 0, errors.Join(err, errors.New(string(out)))
	}
	return maxRSS(c.ProcessState), nil
}

// timeLeft estimates the remaining time from the part that is done: ", 1:23 left". It returns "" if
// nothing is done yet.
func timeLeft(spent time.Duration, done float64) string {
	if done <= 0 {
		return ""
	}
	return fmt.Sprintf(", %s left", clock(time.Duration(float64(spent)*(1-done)/done)))
}

func printBench(w io.Writer, b *bench.Result) {
	fmt.Fprintf(w, "%s/%s, %s kernels, %d threads\n", b.OS, b.Arch, b.Kernel, b.Threads)
	fmt.Fprintf(w, "multiply-adds  %.0f GFLOP/s on one thread, %.0f on %d\n", b.Peak.One/1e9,
		b.Peak.All/1e9, b.Threads)
	fmt.Fprintf(w, "memory         %.1f GB/s on one thread, %.1f on %d\n", b.Bandwidth.One/1e9,
		b.Bandwidth.All/1e9, b.Threads)
	t := newTable(w, "name", ">params", ">batch", ">ms/step", ">fastest", ">tokens/s", ">GFLOP/s",
		">of peak", ">one thread", ">of its peak", ">scaling", ">memory")
	t.spare = []string{"fastest", "of its peak", "one thread", "batch", "params", "memory",
		"GFLOP/s"}
	for _, m := range b.Models {
		if m.Steps == 0 {
			continue
		}
		t.AppendRow(table.Row{
			m.Name, report.Count(m.Params), fmt.Sprintf("%d×%d", m.Batch, m.Context),
			milli(m.Seconds.All), milli(m.Fastest.All), rate(m.Tokens.All),
			fmt.Sprintf("%.0f", m.FLOPs.All/1e9), percent(m.OfPeak.All), milli(m.Seconds.One),
			percent(m.OfPeak.One), percent(m.Scaling), megabytes(m.PeakMemory),
		})
	}
	if t.Length() > 0 {
		fmt.Fprintln(w, "\nTraining:")
		t.print()
	}
	t = newTable(w, "name", ">weights", ">one thread", ">all", ">of memory", ">int8, one",
		">int8, all")
	t.spare = []string{"weights", "int8, one", "one thread"}
	for _, m := range b.Models {
		if m.Generated == (bench.Rates{}) {
			continue
		}
		t.AppendRow(table.Row{
			m.Name, megabytes(int64(m.Bytes)), rate(m.Generated.One), rate(m.Generated.All),
			percent(m.OfMemory.All), rate(m.Int8.One), rate(m.Int8.All),
		})
	}
	if t.Length() > 0 {
		fmt.Fprintln(w, "\nGenerating, tokens/s:")
		t.print()
	}
}

func milli(seconds float64) string { return fmt.Sprintf("%.2f", 1e3*seconds) }

// rate formats tokens per second.
func rate(x float64) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return fmt.Sprintf("%.0f", x)
}

func percent(x float64) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}

func megabytes(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
