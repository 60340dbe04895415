package zoo

import "golang.org/x/sys/unix"

// availableMemory is the memory of the machine, which gives to who asks what others can do without; 0 if it is unknown.
func availableMemory() float64 {
	n, _ := unix.SysctlUint64("hw.memsize")
	return float64(n)
}
