package zoo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lmzoo/train"
)

// HasCheckpoint reports whether a run can resume from a checkpoint, either the newest or the
// previous one.
func HasCheckpoint(dir string) bool {
	path := locate(dir, CheckpointFile)
	for _, path := range []string{path, train.PreviousPath(path)} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// Resume returns the order of a run that was interrupted: its settings and the text that it was
// made from. If the run was stopped before its first checkpoint, Order.Resume is false and the run
// starts again. Before the text is read, change may refuse the order or alter the settings that are
// free to change; a nil change alters nothing.
func (cat Catalogue) Resume(ctx context.Context, dir string, stdin io.Reader,
	change func(*Order) error) (Order, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return Order{}, err
	}
	r := &Run{Dir: dir, Config: c}
	if r.Species, err = cat.speciesOf(c); err != nil {
		return Order{}, fmt.Errorf("%s: %w", filepath.Join(dir, ConfigFile), err)
	}
	if !r.Species.IsNeural() {
		return Order{}, fmt.Errorf("cannot resume: %s is counted in one pass; train it again "+
			"with --overwrite", c.Species)
	}
	checkpoint := HasCheckpoint(dir)
	if !checkpoint && c.Result != nil {
		return Order{}, fmt.Errorf("cannot resume %s: its training ended and it has no %s; train "+
			"it again with --overwrite", dir, CheckpointFile)
	}
	if err := r.readTokenizer(); err != nil {
		return Order{}, err
	}
	settings, err := r.settings()
	if err != nil {
		return Order{}, err
	}
	o := Order{
		Species: r.Species, Size: c.Size, Settings: settings, Data: c.Data, Tokenizer: r.Tokenizer,
		Seed: c.Seed, Command: c.Command, Dir: dir, Resume: checkpoint, Overwrite: !checkpoint,
		Parent: c.Parent, Stage: c.Stage, Chat: c.Chat,
	}
	if c.Parent != nil && !checkpoint {
		if o.Origin, err = cat.origin(*c.Parent); err != nil {
			return Order{}, fmt.Errorf("cannot start %s again: %w", dir, err)
		}
	}
	if change != nil {
		if err := change(&o); err != nil {
			return Order{}, err
		}
	}
	if err := o.Species.Check(o.Settings); err != nil {
		return Order{}, err
	}
	if c.Stage != nil {
		err := o.resumeStage(ctx, cat, c, stdin)
		return o, err
	}
	if c.Task != nil {
		err := o.resumeTask(cat, c)
		return o, err
	}
	if o.Split, err = c.Data.Load(ctx, Input{Stdin: stdin,
		Tokenizer: c.Tokenizer.Name}); err != nil {
		return Order{}, err
	}
	return o, nil
}
