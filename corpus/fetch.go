package corpus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Cache stores fetched corpora. Its zero value is the directory lmzoo in the user's cache
// directory.
type Cache struct {
	Dir     string
	Client  *http.Client  // nil: http.DefaultClient
	Timeout time.Duration // of a download; 0: two minutes
	GoRoot  string        // "": as reported by the go command
}

const defaultTimeout = 2 * time.Minute

// Path returns the path of a named corpus, whether or not it has been fetched.
func (c Cache) Path(n Named) (string, error) {
	dir := c.Dir
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no cache directory: %w; set one, or fetch the text yourself "+
				"and use --corpus FILE", err)
		}
		dir = filepath.Join(user, "lmzoo")
	}
	return filepath.Join(dir, n.Name+".txt"), nil
}

// Has reports whether a named corpus is present and complete.
func (c Cache) Has(ctx context.Context, n Named) bool {
	var path string
	var err error
	if n.GoFile != "" {
		path, err = c.goFile(ctx, n)
	} else {
		path, err = c.Path(n)
	}
	return err == nil && n.check(path) == nil
}

// Get returns the path of a named corpus, which it fetches if necessary. The file is complete and
// has the right SHA-256, because a download becomes visible only after the check.
func (c Cache) Get(ctx context.Context, n Named) (string, error) {
	if n.GoFile != "" {
		path, err := c.goFile(ctx, n)
		if err == nil {
			err = n.check(path)
		}
		if err != nil {
			return "", fmt.Errorf("corpus %s comes with Go's source, but: %w; install Go from "+
				"https://go.dev/dl, or use --corpus FILE", n.Name, err)
		}
		return path, nil
	}
	path, err := c.Path(n)
	if err != nil {
		return "", fmt.Errorf("corpus %s: %w", n.Name, err)
	}
	if n.check(path) == nil {
		return path, nil
	}
	if err := c.fetch(ctx, n, path); err != nil {
		return "", fmt.Errorf("corpus %s: fetching %s: %w; if it is not available there, use "+
			"--corpus FILE", n.Name, n.URL, err)
	}
	return path, nil
}

// check compares a file with the size and hash of the catalogue.
func (n Named) check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return n.copy(io.Discard, f)
}

// copy copies at most the size of the corpus and checks its hash.
func (n Named) copy(dst io.Writer, src io.Reader) error {
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(dst, hash), io.LimitReader(src, n.Bytes+1))
	switch sum := hex.EncodeToString(hash.Sum(nil)); {
	case err != nil:
		return err
	case size > n.Bytes:
		return fmt.Errorf("got more than its %d bytes", n.Bytes)
	case size < n.Bytes:
		return fmt.Errorf("got %d bytes of %d", size, n.Bytes)
	case sum != n.SHA256:
		return fmt.Errorf("got another text: SHA-256 %s; want %s", sum, n.SHA256)
	}
	return nil
}

func (c Cache) fetch(ctx context.Context, n Named, path string) (err error) {
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("took longer than %v",
		timeout))
	defer cancel()
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL, nil)
	if err != nil {
		return err
	}
	client := c.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return errors.Unwrap(err) // the caller names the URL
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	return n.store(resp.Body, path)
}

// store writes the corpus to a temporary file and renames it when it is complete.
func (n Named) store(src io.Reader, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(dir, n.Name+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) // incomplete, or already renamed
	err = n.copy(part, src)
	if err == nil {
		err = part.Sync()
	}
	if err := cmp.Or(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}

// goFile returns the path of a corpus in the Go distribution.
func (c Cache) goFile(ctx context.Context, n Named) (string, error) {
	root := c.GoRoot
	if root == "" {
		root = os.Getenv("GOROOT")
	}
	if root == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("go env GOROOT: %w", err)
		}
		root = strings.TrimSpace(string(out))
	}
	return filepath.Join(root, filepath.FromSlash(n.GoFile)), nil
}
