//go:build unix

package ngram

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile returns the bytes of a file as memory that the system fills when it is read.
func mapFile(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // the mapping remains valid
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() || size == 0 || int64(int(size)) != size {
		return readFile(path)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return readFile(path) // the file system cannot map files
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
