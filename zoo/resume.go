package zoo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Resume is the order of a run that was interrupted: what it was made with, and the text it was made from. Before the text is
// read, change may refuse the order, or alter what is free to change; nil: it goes on as it was.
func Resume(ctx context.Context, dir string, stdin io.Reader, change func(*Order) error) (Order, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return Order{}, err
	}
	r := &Run{Dir: dir, Config: c}
	if r.Species, err = Find(c.Species); err != nil {
		return Order{}, fmt.Errorf("%s: %w", filepath.Join(dir, ConfigFile), err)
	}
	if !r.Species.IsNeural() {
		return Order{}, fmt.Errorf("%s is counted in one pass and cannot be resumed; train it again with --overwrite", c.Species)
	}
	if _, err := os.Stat(filepath.Join(dir, CheckpointFile)); err != nil {
		return Order{}, fmt.Errorf("%s has no checkpoint to go on from (%w); train it again with --overwrite", dir, err)
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
		Seed: c.Seed, Command: c.Command, Dir: dir, Resume: true,
	}
	if change != nil {
		if err := change(&o); err != nil {
			return Order{}, err
		}
	}
	if err := o.Species.Check(o.Settings); err != nil {
		return Order{}, err
	}
	if o.Split, err = c.Data.Load(ctx, stdin, c.Tokenizer.Name == "byte"); err != nil {
		return Order{}, err
	}
	return o, nil
}
