package refine

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lmzoo/corpus"
	"lmzoo/format/atomic"
	"lmzoo/format/lock"
)

// shardBytes is the size at which a shard is full.
const shardBytes = 256 << 20

// output is the directory that a run writes. It is created under a temporary name beside its final
// path and renamed when it is complete, so that a reader finds the whole directory or nothing.
type output struct {
	dir, temp string
	replace   bool
	held      *lock.Lock

	shards []Shard
	file   *os.File
	w      *bufio.Writer
	hash   hash.Hash
}

const (
	tempEnd = ".refine-tmp"
	oldEnd  = ".refine-old"
)

// newOutput creates the temporary directory. An existing dir that is not empty is an error unless
// replace is true. newOutput also removes the temporary directories of killed processes.
func newOutput(dir string, replace bool) (*output, error) {
	dir = filepath.Clean(dir)
	switch entries, err := os.ReadDir(dir); {
	case os.IsNotExist(err):
	case err != nil:
		return nil, fmt.Errorf("cannot write %s: %w; choose another directory", dir, err)
	case len(entries) > 0 && !replace:
		return nil, fmt.Errorf("%s already exists; replace it with --overwrite, or choose another "+
			"--out", dir)
	case len(entries) > 0 && !corpus.IsRefined(dir):
		return nil, fmt.Errorf("%s is not a refined corpus (no %s), so it is not replaced; choose "+
			"another directory", dir, corpus.AccountFile)
	}
	parent, base := filepath.Split(dir)
	if parent == "" {
		parent = "."
	}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", dir, err)
	}
	removeAbandoned(parent, base)
	temp, err := os.MkdirTemp(parent, "."+base+".*"+tempEnd)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", dir, err)
	}
	held, err := lock.Dir(temp)
	if err != nil {
		os.RemoveAll(temp)
		return nil, fmt.Errorf("cannot lock %s: %w", temp, err)
	}
	return &output{dir: dir, temp: temp, replace: replace, held: held}, nil
}

// removeAbandoned removes the temporary directories of dead processes.
func removeAbandoned(parent, base string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(parent, name)
		if e.IsDir() && strings.HasPrefix(name, "."+base+".") && strings.HasSuffix(name, tempEnd) &&
			!lock.Held(path) {
			os.RemoveAll(path)
		}
	}
}

// work creates a directory for temporary files, which commit removes.
func (o *output) work() (string, error) {
	dir := filepath.Join(o.temp, "work")
	return dir, os.MkdirAll(dir, 0o777)
}

// discard removes everything written so far, unless commit has succeeded.
func (o *output) discard() {
	if o.file != nil {
		o.file.Close()
	}
	if o.temp != "" {
		os.RemoveAll(o.temp)
	}
	o.held.Release()
}

// add appends a document to the shards. Blank lines separate documents, so those inside a document
// are left out.
func (o *output) add(d *Document) error {
	if o.file != nil && o.last().Bytes >= shardBytes {
		if err := o.closeShard(); err != nil {
			return err
		}
	}
	before := "\n"
	if o.file == nil {
		name := corpus.ShardName(len(o.shards))
		f, err := os.Create(filepath.Join(o.temp, name))
		if err != nil {
			return o.failed(err)
		}
		o.file, o.hash, before = f, sha256.New(), ""
		o.w = bufio.NewWriterSize(io.MultiWriter(f, o.hash), 1<<18)
		o.shards = append(o.shards, Shard{Name: name})
	}
	text := before + d.flat() + "\n"
	if _, err := o.w.WriteString(text); err != nil {
		return o.failed(err)
	}
	o.last().Documents++
	o.last().Bytes += len(text)
	return nil
}

func (o *output) last() *Shard { return &o.shards[len(o.shards)-1] }

func (o *output) failed(err error) error {
	return fmt.Errorf("cannot write %s: %w; nothing was written", o.dir, errors.New(reason(err)))
}

func (o *output) closeShard() error {
	err := o.w.Flush()
	if err == nil {
		err = o.file.Sync()
	}
	if closing := o.file.Close(); err == nil {
		err = closing
	}
	o.file = nil
	if err != nil {
		return o.failed(err)
	}
	o.last().SHA256 = hex.EncodeToString(o.hash.Sum(nil))
	return nil
}

// finish closes the last shard.
func (o *output) finish() error {
	if o.file == nil {
		return nil
	}
	return o.closeShard()
}

// commit renames the directory to its final path.
func (o *output) commit() error {
	if err := os.RemoveAll(filepath.Join(o.temp, "work")); err != nil {
		return o.failed(err)
	}
	if err := os.Chmod(o.temp, 0o755); err != nil {
		return o.failed(err)
	}
	old := ""
	if entries, err := os.ReadDir(o.dir); err == nil {
		if len(entries) == 0 {
			if err := os.Remove(o.dir); err != nil {
				return o.failed(err)
			}
		} else {
			old = o.temp + oldEnd
			if err := os.Rename(o.dir, old); err != nil {
				return o.failed(err)
			}
		}
	}
	if err := atomic.Rename(o.temp, o.dir); err != nil {
		if old != "" {
			_ = os.Rename(old, o.dir) // undo
		}
		return o.failed(err)
	}
	o.temp = ""
	if old != "" {
		os.RemoveAll(old)
	}
	return nil
}
