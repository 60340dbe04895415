package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/report"
	"lmzoo/zoo"
)

// parentFlags selects the run to start from.
type parentFlags struct {
	from   string
	frozen []string
}

func (f *parentFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.from, "from", "",
		"run to start from, with its weights, shape, settings and tokenizer")
	fs.StringSliceVar(&f.frozen, "freeze", nil,
		"with --from: patterns of parameters that keep their values, such as 'wte.*,h.0.*'")
}

// check returns an error for flags that contradict each other.
func (f *parentFlags) check(fs *pflag.FlagSet) error {
	if f.from == "" && len(f.frozen) > 0 {
		return usagef("--freeze needs a run to start from; add --from RUN")
	}
	for _, name := range []string{"tokenizer", "vocab", "size"} {
		if f.from != "" && fs.Changed(name) {
			return usagef("--%s follows from the run in --from; leave it out", name)
		}
	}
	return nil
}

// child returns the order of a run that starts from the weights of another.
func (t *training) child(
	ctx context.Context, c *cobra.Command, values map[string]any, overwrite bool,
) (zoo.Order, error) {
	parent, err := t.cat.Open(t.parent.from)
	if err != nil {
		return zoo.Order{}, err
	}
	if parent.Species.Name != t.species.Name || !t.species.IsNeural() {
		return zoo.Order{}, usagef("%s is a run of %s; want a run of %s with weights",
			t.parent.from, parent.Species.Name, t.species.Name)
	}
	settings := parent.Settings.Clone()
	if err := settings.Set(values); err != nil {
		return zoo.Order{}, usagef("%s: %w", t.species.Name, err)
	}
	if err := t.species.Check(settings); err != nil {
		return zoo.Order{}, err
	}
	if err := t.acquire(overwrite); err != nil {
		return zoo.Order{}, err
	}
	split, err := t.data.data.Load(ctx, zoo.Input{
		Stdin: c.InOrStdin(), Tokenizer: parent.Tokenizer.Name(), Note: t.progress.textNote,
	})
	if err != nil {
		return zoo.Order{}, err
	}
	return zoo.Order{
		Species: t.species, Size: parent.Config.Size, Settings: settings,
		Data: t.data.data, Split: split, Tokenizer: parent.Tokenizer, Chat: parent.Config.Chat,
		Seed: t.run.seed, Threads: t.run.threads, Command: commandLine(),
		Dir: t.out, Overwrite: overwrite, Lock: t.lock,
		Origin: &zoo.Origin{Run: parent, Stage: "continued training", Frozen: t.parent.frozen},
	}, nil
}

// listRuns prints the runs in the directories, their corpora and their parents.
func listRuns(c *cobra.Command, cat zoo.Catalogue, dirs []string, asJSON bool) error {
	type listed struct {
		Run string `json:"run"`
		zoo.Config
		Unit    string         `json:"valid_unit,omitempty"`
		Lineage []zoo.Ancestor `json:"lineage,omitempty"`
	}
	all := []listed{}
	for _, dir := range runsIn(cat, dirs) {
		config, err := zoo.ReadConfig(dir)
		if err != nil {
			return err
		}
		unit := ""
		if s, err := cat.Find(config.Species); err == nil && validated(config) {
			unit = s.ValidationUnit()
		}
		all = append(all, listed{dir, config, unit, cat.Lineage(config)})
	}
	if asJSON {
		return printJSON(c.OutOrStdout(), all)
	}
	t := newTable(c.OutOrStdout(),
		"run", "species", "corpus", ">tokens", ">validation", "unit", "trained from")
	t.long, t.spare = "trained from", []string{"corpus", "tokens", "unit"}
	for _, r := range all {
		tokens, valid := "not done", "–"
		if out := r.Result; out != nil {
			tokens = report.Count(out.Tokens)
			if validated(r.Config) {
				valid = fmt.Sprintf("%.4f", out.Valid)
			}
		}
		unit, _, _ := strings.Cut(r.Unit, ",") // without its explanation
		t.AppendRow(table.Row{
			r.Run, r.Species, r.Data.Corpus, tokens, valid, unit, lineage(r.Lineage),
		})
	}
	t.print()
	return nil
}

// validated reports whether a run has a validation loss.
func validated(c zoo.Config) bool { return c.Result != nil && c.Result.Valid > 0 }

// below returns a directory relative to the working directory, if it lies in it.
func below(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	if short, err := filepath.Rel(here, dir); err == nil && filepath.IsLocal(short) {
		return short
	}
	return dir
}

// lineage returns the ancestors of a run as text, the nearest first.
func lineage(parents []zoo.Ancestor) string {
	if len(parents) == 0 {
		return "random weights"
	}
	var parts []string
	for _, p := range parents {
		part := below(p.Dir) + " (" + p.Stage
		switch {
		case p.Species == "":
			part += "; the run is gone"
		case p.Changed:
			part += "; the run has changed since"
		}
		parts = append(parts, part+")")
	}
	return strings.Join(parts, " ← ")
}
