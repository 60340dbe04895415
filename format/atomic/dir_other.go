//go:build !unix

package atomic

// syncDir does nothing, because directories cannot be flushed here.
func syncDir(string) error { return nil }
