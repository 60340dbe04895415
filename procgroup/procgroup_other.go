//go:build !unix

package procgroup

import "os/exec"

// Isolate does nothing, because programs have no groups on this platform.
func Isolate(*exec.Cmd) {}

// Kill ends a started program, but not the programs that it has started.
func Kill(c *exec.Cmd) error { return c.Process.Kill() }
