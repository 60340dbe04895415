package report

import "golang.org/x/sys/unix"

// cpuName returns the name of the processor, from the kernel.
func cpuName() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}
