//go:build !unix

package atomic

// syncDir does nothing, because directories cannot be flushed on this system.
func syncDir(string) error { return nil }
