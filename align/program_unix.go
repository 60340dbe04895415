//go:build unix

package align

import (
	"os/exec"
	"syscall"
)

// isolate gives a program a process group of its own, so that its children end with it.
func isolate(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
