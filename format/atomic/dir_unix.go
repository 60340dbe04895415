//go:build unix

package atomic

import (
	"errors"
	"os"
	"syscall"
)

// syncDir flushes a directory, because until then a power failure can undo a rename.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) &&
		!errors.Is(err, syscall.ENOTSUP) {
		return err // some file systems cannot flush a directory
	}
	return nil
}
