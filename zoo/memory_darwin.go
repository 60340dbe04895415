package zoo

import "golang.org/x/sys/unix"

// availableMemory returns the memory of the machine, because the system takes memory from idle
// processes as needed; 0 means unknown.
func availableMemory() float64 {
	n, _ := unix.SysctlUint64("hw.memsize")
	return float64(n)
}
