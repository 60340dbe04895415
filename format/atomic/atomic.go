// Package atomic writes files that exist completely or not at all: a reader finds the old file or
// the new one, never part of either, even if the writer is killed. It writes a temporary file
// beside the old one, flushes it, and renames it, which POSIX.1 guarantees to be atomic.
package atomic

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file through a temporary file in the same directory. If write or the disk
// fails, an existing file at path is unchanged and no temporary file remains. A process that is
// killed leaves its temporary file, which the next WriteFile of the same path removes.
func WriteFile(path string, write func(io.Writer) error) error {
	return replace(path, "", write)
}

// Replace is WriteFile, but also renames the old file at path to previous. There is always a file
// at path, except on a file system without hard links.
func Replace(path, previous string, write func(io.Writer) error) error {
	return replace(path, previous, write)
}

func replace(path, previous string, write func(io.Writer) error) error {
	path = target(path)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return overwrite(path, write) // a pipe or a device has no old content
	}
	removeAbandoned(filepath.Dir(path), filepath.Base(path))
	tmp, release, err := createTemp(path)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	defer release()
	if err := fill(tmp, permissions(path), write); err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("cannot write %s: %w (the old file is unchanged)", path, cause(err))
	}
	if err := rename(tmp.Name(), path, previous); err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("cannot replace %s: %w (the old file is unchanged)", path, cause(err))
	}
	return flushed(path)
}

// Rename renames a file or a directory, and flushes its directory.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("cannot rename %s to %s: %w", from, to, cause(err))
	}
	return flushed(to)
}

func flushed(path string) error {
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%s was written, but its directory cannot be flushed to the disk: %w",
			path, cause(err))
	}
	return nil
}

// target follows a symbolic link, so that the link itself is not replaced.
func target(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func overwrite(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	err = buffered(f, write)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	return nil
}

// rename renames tmp to path and, unless previous is empty, the old file at path to previous. It
// first gives the old file a second name, so that there is always a file at path.
func rename(tmp, path, previous string) error {
	if previous == "" {
		return os.Rename(tmp, path)
	}
	second := tmp + ".old"
	switch err := os.Link(path, second); {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(tmp, path)
	case err != nil:
		return renameBoth(tmp, path, previous)
	}
	if err := os.Rename(second, previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
		os.Remove(second)
		return err
	}
	return os.Rename(tmp, path)
}

// renameBoth is rename for file systems on which a file cannot have two names.
func renameBoth(tmp, path, previous string) error {
	if err := os.Rename(path, previous); err != nil {
		return err
	}
	err := os.Rename(tmp, path)
	if err != nil {
		_ = os.Rename(previous, path) // undo
	}
	return err
}

// fill writes and flushes f, because a rename may reach the disk before the data do. It closes f.
func fill(f *os.File, mode os.FileMode, write func(io.Writer) error) error {
	defer f.Close()
	if err := buffered(f, write); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

func buffered(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// permissions returns the mode of the file to replace, or the default mode of a new file.
func permissions(path string) os.FileMode {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// cause strips the name of the temporary file from an error.
func cause(err error) error {
	switch e := err.(type) {
	case *os.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}
