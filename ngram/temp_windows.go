package ngram

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tempFile returns a file that the system deletes when it is closed, at the latest when the process
// ends.
func tempFile(dir string) (f *os.File, name string, err error) {
	named, err := os.CreateTemp(dir, "lmzoo-ngrams-*") // to find an unused name
	if err != nil {
		return nil, "", err
	}
	path := named.Name()
	if err := named.Close(); err != nil {
		return nil, "", errors.Join(err, os.Remove(path))
	}
	wide, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, "", errors.Join(err, os.Remove(path))
	}
	handle, err := windows.CreateFile(wide, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE,
		0)
	if err != nil {
		return nil, "", errors.Join(err, os.Remove(path))
	}
	return os.NewFile(uintptr(handle), path), "", nil
}
