//go:build unix

package atomic

import (
	"errors"
	"os"
	"syscall"
)

// syncDir makes a rename last: until the directory itself is on the disk, a power cut can undo it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err // some file systems cannot flush a directory, and say so
	}
	return nil
}
