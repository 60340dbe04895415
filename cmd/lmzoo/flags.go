package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/corpus"
	"lmzoo/suggest"
	"lmzoo/zoo"
)

// dataFlags say which text, cut into documents and parts how.
type dataFlags struct {
	data      zoo.Data
	tokenizer string
	vocab     int
}

func (f *dataFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.data.Corpus, "corpus", zoo.WorldName, "world, world-reviews, a name of: lmzoo corpus list, a file, a directory, or - for standard input")
	fs.StringVar(&f.data.Documents, "documents", "", "what a document is: file, lines or paragraphs (default: as the corpus has it)")
	fs.StringVar(&f.data.Split, "split", "", "train/valid/test in per cent, such as 90/5/5 (default: as the corpus has it)")
	fs.StringVar(&f.data.Valid, "valid", "", "a file of its own to validate by")
	fs.StringVar(&f.data.Test, "test", "", "a file of its own to test by")
	fs.BoolVar(&f.data.Shuffle, "shuffle", false, "shuffle the documents before they are split")
	fs.IntVar(&f.data.Tokens, "world-tokens", 0, "size of the world's training text (default 1500000)")
	fs.StringVar(&f.tokenizer, "tokenizer", "", "byte, char, bpe, word or whitespace (default: word for the world, else char)")
	fs.IntVar(&f.vocab, "vocab", 0, "largest vocabulary, special tokens included (default: the tokenizer's choice)")
	grouped(fs, textFlags)
	complete(c, "corpus", func() []string { return append(generatedCorpora(), zoo.NamedCorpora()...) })
	complete(c, "documents", documentKinds)
	complete(c, "tokenizer", zoo.Tokenizers)
}

// check refuses what no corpus has, before one is read.
func (f *dataFlags) check() error {
	switch d := f.data; {
	case d.Documents != "" && !slices.Contains(documentKinds(), d.Documents):
		return usagef("--documents is %q; choose one of %s", d.Documents, strings.Join(documentKinds(), ", "))
	case f.tokenizer != "" && !slices.Contains(zoo.Tokenizers(), f.tokenizer):
		return usageError{suggest.Unknown("tokenizer", f.tokenizer, zoo.Tokenizers())}
	case f.vocab < 0:
		return usagef("--vocab is %d; expected a number of tokens, or 0 for the tokenizer's choice", f.vocab)
	case d.Split != "" && !d.IsGenerated():
		if _, err := corpus.ParseRatio(d.Split); err != nil {
			return usageError{err}
		}
	}
	return nil
}

func documentKinds() []string { return []string{"file", "lines", "paragraphs"} }

func generatedCorpora() (names []string) {
	for _, g := range zoo.GeneratedCorpora() {
		names = append(names, g.Name)
	}
	return names
}

// complete offers fixed values for a flag in the shell.
func complete(c *cobra.Command, flag string, values func() []string) {
	_ = c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveDefault
	}) // fails only for a flag that does not exist
}

// runFlags are those of everything that computes.
type runFlags struct {
	seed    uint64
	threads int
	json    bool
	quiet   bool
}

func (f *runFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.Uint64Var(&f.seed, "seed", 1, "of everything random")
	fs.IntVar(&f.threads, "threads", runtime.NumCPU(), "how many cores to use; changes no bit of any result")
	fs.BoolVar(&f.json, "json", false, "print the result as JSON")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on standard error")
	grouped(fs, outFlags)
}

// check refuses numbers of threads that no machine has.
func (f *runFlags) check() error {
	if f.threads < 1 || f.threads > maxThreads {
		return usagef("--threads is %d; expected 1 to %d", f.threads, maxThreads)
	}
	return nil
}

// settingFlags are the hyperparameters of all species: a flag's name is the setting's, with - for _.
func settingFlags(fs *pflag.FlagSet) {
	fs.Int("order", 0, "n-gram: tokens of an n-gram")
	fs.String("smoothing", "", "n-gram: mle, add-k, witten-bell, absolute, kneser-ney, modified-kneser-ney or stupid-backoff")
	fs.Float64("k", 0, "n-gram, add-k: what is added to every count")
	fs.Var(new(cutoffs), "prune", "n-gram: per order, counts up to which n-grams are dropped, such as 0,0,1")
	fs.Float64("prune-entropy", 0, "n-gram: drop n-grams that change the perplexity by less, relatively, such as 1e-7")
	fs.Int("quantize", 0, "n-gram: bits of a probability, such as 8")
	fs.String("memory", "", "n-gram: what counting may take before it sorts on disk, such as 2G")
	grouped(fs, countFlags)
	fs.Int("n-layer", 0, "gpt, bert: layers")
	fs.Int("n-head", 0, "gpt, bert: attention heads")
	fs.Int("n-embd", 0, "gpt, bert, mlp, recurrent: channels of an embedding")
	fs.Int("n-positions", 0, "gpt, bert: context window (default: the context)")
	fs.String("norm", "", "gpt: LayerNorm before (pre) or after (post) each half of a block")
	fs.Float64("mask-rate", 0, "bert: share of the tokens that are masked (default 0.15)")
	fs.Bool("nsp", false, "bert: next-sentence prediction")
	fs.Int("stride", 0, "gpt: how far the window moves when it is full (default: half of it)")
	fs.Int("hidden", 0, "mlp, recurrent: hidden units")
	fs.Int("layers", 0, "recurrent: layers")
	fs.Bool("direct", false, "mlp: direct connections from the words to the output")
	fs.Float64("dropout", 0, "probability of dropping a unit")
	grouped(fs, shapeFlags)
	fs.Int("context", 0, "tokens of a training row; mlp: tokens it predicts from")
	fs.Int("batch", 0, "rows of a training batch")
	fs.Float64("lr", 0, "highest learning rate")
	fs.Float64("min-lr", 0, "last learning rate")
	fs.Int("warmup", 0, "steps of warm-up")
	fs.Float64("beta1", 0, "AdamW's memory of the gradient")
	fs.Float64("beta2", 0, "AdamW's memory of its square")
	fs.Float64("weight-decay", 0, "AdamW's decay of matrices")
	fs.Float64("clip", 0, "longest gradient; 0: any")
	fs.Int("accumulate", 0, "batches that make one step")
	fs.Int("pieces", 0, "parts of a batch that may run side by side")
	fs.String("eval-every", "", "steps or time between validations, such as 250 or 15s")
	fs.String("save-every", "", "steps or time between checkpoints, such as 250 or 15s")
	fs.Int("steps", 0, "length of the training in steps")
	fs.String("budget", "", "length of the training in time, such as 90s")
	grouped(fs, trainingFlags)
}

// changed returns the hyperparameters given on the command line, by the names of settings.
func changed(fs *pflag.FlagSet) (map[string]any, error) {
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	settingFlags(known)
	values := map[string]any{}
	var err error
	fs.Visit(func(f *pflag.Flag) {
		if known.Lookup(f.Name) == nil {
			return
		}
		key := strings.ReplaceAll(f.Name, "-", "_")
		values[key] = flagValue(f)
		if key == "memory" {
			values[key], err = size(f.Value.String())
		}
	})
	return values, err
}

// size reads a number of bytes such as 300000, 64M or 2G.
func size(text string) (int64, error) {
	digits, unit := strings.TrimRight(text, "KMGT"), int64(1)
	switch rest := text[len(digits):]; len(rest) {
	case 0:
	case 1:
		unit = int64(1) << (10 * (1 + strings.Index("KMGT", rest)))
	default:
		digits = ""
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		return 0, usagef("%q is no size; expected one such as 64M or 2G", text)
	}
	return n * unit, nil
}

// flagValue is the value of a flag as JSON would hold it.
func flagValue(f *pflag.Flag) any {
	text := f.Value.String()
	switch f.Value.Type() {
	case "int":
		n, _ := strconv.Atoi(text) // pflag has read it already
		return n
	case "float64":
		x, _ := strconv.ParseFloat(text, 64)
		return x
	case "bool":
		return text == "true"
	case "counts":
		return json.RawMessage(text)
	}
	return text
}

// readConfig reads hyperparameters from a JSON object.
func readConfig(path string) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	values := map[string]any{}
	err = json.Unmarshal(data, &values)
	if err == nil && values == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return nil, usagef("%s: expected a JSON object such as {\"n_layer\": 4, \"lr\": 1e-3}: %w", path, err)
	}
	return values, nil
}

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
