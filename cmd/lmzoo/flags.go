package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
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

// dataFlags selects a text, its documents, its split and its tokenizer.
type dataFlags struct {
	data      zoo.Data
	mixes     bool // the corpus may be a mixture
	tokenizer string
	vocab     int
}

func (f *dataFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.data.Corpus, "corpus", zoo.WorldName,
		"a name (see lmzoo corpus list), a file, a directory, or - for standard input")
	fs.StringVar(&f.data.Documents, "documents", "",
		"unit of a document: file, lines or paragraphs (default: as for the corpus)")
	fs.StringVar(&f.data.Split, "split", "",
		"train/valid/test in per cent, such as 90/5/5 (default: as for the corpus)")
	fs.StringVar(&f.data.Valid, "valid", "", "separate file to validate on")
	fs.StringVar(&f.data.Test, "test", "", "separate file to test on")
	fs.BoolVar(&f.data.Shuffle, "shuffle", false, "shuffle the documents before they are split")
	fs.IntVar(&f.data.Tokens, "world-tokens", 0,
		"tokens of the world's training text (default 1500000)")
	fs.StringVar(&f.tokenizer, "tokenizer", "",
		"byte, char, bpe, word or whitespace (default: word for the world, otherwise char)")
	fs.IntVar(&f.vocab, "vocab", 0,
		"maximum vocabulary size, including special tokens (0: chosen by the tokenizer)")
	grouped(fs, textFlags)
	complete(c, "corpus",
		func() []string { return append(generatedCorpora(), zoo.NamedCorpora()...) })
	complete(c, "documents", documentKinds)
	complete(c, "tokenizer", zoo.Tokenizers)
}

// addMixture adds the flags of a mixture of texts.
func (f *dataFlags) addMixture(c *cobra.Command) {
	f.mixes = true
	c.Flags().Lookup("corpus").Usage += "; or a mixture, such as world=0.7,book.txt=0.3"
	c.Flags().StringVar(&f.data.MixEnd, "mix-end", "",
		"weights of the mixture at the end of the training (default: the weights of --corpus)")
	grouped(c.Flags(), textFlags)
}

// check reports the first invalid flag before a corpus is read.
func (f *dataFlags) check() error {
	switch d := f.data; {
	case d.Documents != "" && !slices.Contains(documentKinds(), d.Documents):
		return usagef("--documents is %q; want one of: %s", d.Documents,
			strings.Join(documentKinds(), ", "))
	case f.tokenizer != "" && !slices.Contains(zoo.Tokenizers(), f.tokenizer):
		return usageError{suggest.Unknown("tokenizer", f.tokenizer, zoo.Tokenizers())}
	case f.vocab < 0:
		return usagef("--vocab is %d; want a number of tokens, or 0 for the tokenizer's choice",
			f.vocab)
	case !f.mixes && zoo.IsMixture(d.Corpus):
		return usagef("--corpus %s is a mixture, and only lmzoo train takes one; want one text",
			d.Corpus)
	case d.Split != "" && !d.IsGenerated():
		if _, err := corpus.ParseRatio(d.Split); err != nil {
			return usageError{err}
		}
	}
	return f.data.ParseMixture()
}

func documentKinds() []string { return []string{"file", "lines", "paragraphs"} }

func generatedCorpora() (names []string) {
	for _, g := range zoo.GeneratedCorpora() {
		names = append(names, g.Name)
	}
	return names
}

// complete registers fixed values for a flag with shell completion.
func complete(c *cobra.Command, flag string, values func() []string) {
	_ = c.RegisterFlagCompletionFunc(flag,
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveDefault
		}) // fails only for a flag that does not exist
}

// runFlags holds the flags of every verb that computes.
type runFlags struct {
	seed    uint64
	threads int
	json    bool
	quiet   bool
}

func (f *runFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.Uint64Var(&f.seed, "seed", 1, "random seed")
	fs.IntVar(&f.threads, "threads", runtime.NumCPU(),
		"number of threads (any number gives the same results)")
	fs.BoolVar(&f.json, "json", false, "print the result as JSON")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on standard error")
	grouped(fs, outFlags)
}

// check returns an error for an invalid number of threads.
func (f *runFlags) check() error {
	if f.threads < 1 || f.threads > maxThreads {
		return usagef("--threads is %d; want 1 to %d", f.threads, maxThreads)
	}
	return nil
}

// settingKey is the annotation of a flag that stands for a setting. It holds the JSON name of the
// setting.
const settingKey = "setting"

// settingFlags adds a flag for every setting of the catalogue, or of some groups. A flag has the
// name of its setting, with - for _.
func settingFlags(fs *pflag.FlagSet, cat zoo.Catalogue, groups ...string) error {
	settings, err := cat.Settings()
	if err != nil {
		return err
	}
	titles := map[string]string{
		zoo.CountSettings: countFlags, zoo.ModelSettings: shapeFlags,
		zoo.TrainSettings: trainingFlags,
	}
	for _, s := range settings {
		if len(groups) > 0 && !slices.Contains(groups, s.Group) {
			continue
		}
		name := strings.ReplaceAll(s.Name, "_", "-")
		addSetting(fs, name, s)
		// fails only for a flag that does not exist
		_ = fs.SetAnnotation(name, settingKey, []string{s.Name})
		grouped(fs, titles[s.Group])
	}
	return nil
}

// addSetting adds the flag of a setting, according to the type of its value.
func addSetting(fs *pflag.FlagSet, name string, s zoo.Setting) {
	switch s.Type.Kind() {
	case reflect.Int:
		fs.Int(name, 0, s.Help)
	case reflect.Float64:
		fs.Float64(name, 0, s.Help)
	case reflect.Bool:
		fs.Bool(name, false, s.Help)
	case reflect.Slice:
		fs.Var(new(cutoffs), name, s.Help)
	case reflect.Int64: // bytes, or a time, which is also an int64
		if s.Type == reflect.TypeFor[int64]() {
			fs.Var(new(bytesize), name, s.Help)
			return
		}
		fs.String(name, "", s.Help)
	default:
		fs.String(name, "", s.Help)
	}
}

// changed returns the hyperparameters given on the command line, by the names of settings.
func changed(fs *pflag.FlagSet) map[string]any {
	values := map[string]any{}
	fs.Visit(func(f *pflag.Flag) {
		if key := f.Annotations[settingKey]; len(key) > 0 {
			values[key[0]] = flagValue(f)
		}
	})
	return values
}

// bytesize is a flag value in bytes, such as 300000, 64M or 2G.
type bytesize int64

// Set reads a number of bytes.
func (b *bytesize) Set(text string) error {
	n, err := size(text)
	*b = bytesize(n)
	return err
}

// Type returns the name of the value in help texts.
func (b *bytesize) Type() string { return "bytes" }

// String returns the number.
func (b *bytesize) String() string {
	if *b == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*b), 10)
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
		return 0, usagef("%q is not a size; want a size such as 64M or 2G", text)
	}
	return n * unit, nil
}

// flagValue returns the value of a flag as its JSON type.
func flagValue(f *pflag.Flag) any {
	text := f.Value.String()
	switch f.Value.Type() {
	case "int":
		n, _ := strconv.Atoi(text) // pflag has already parsed it
		return n
	case "float64":
		x, _ := strconv.ParseFloat(text, 64)
		return x
	case "bool":
		return text == "true"
	case "counts", "bytes":
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
		return nil, usagef("%s: %w; want a JSON object such as {\"n_layer\": 4, \"lr\": 1e-3}",
			path, err)
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
