//go:build unix

package ngram

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// loadFile reads a file into memory outside the garbage-collected heap. On the heap, a large model
// would double the size at which the next collection starts.
func loadFile(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // nothing to lose: the file was only read
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() || size == 0 || int64(int(size)) != size {
		return readFile(path)
	}
	data, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return readFile(path)
	}
	done := func() error { return unix.Munmap(data) }
	adviseHuge(data)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return data, done, nil
}
