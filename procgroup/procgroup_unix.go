//go:build unix

package procgroup

import (
	"os/exec"
	"syscall"
)

// Isolate puts a program that has not started yet into its own process group.
func Isolate(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Kill ends a started program and all programs of its group.
func Kill(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
