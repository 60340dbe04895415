package report

import "golang.org/x/sys/unix"

// cpuName asks the kernel.
func cpuName() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}
