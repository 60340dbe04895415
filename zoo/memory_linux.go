package zoo

import (
	"fmt"
	"os"
	"strings"
)

// availableMemory is about how many bytes this process may still take, 0 if that is unknown: what the system has free, or what a
// container leaves of it.
func availableMemory() float64 {
	free := 0.0
	info, _ := os.ReadFile("/proc/meminfo") // unknown without it
	for line := range strings.Lines(string(info)) {
		kilobytes := 0.0
		if n, _ := fmt.Sscanf(line, "MemAvailable: %f kB", &kilobytes); n == 1 {
			free = 1024 * kilobytes
		}
	}
	limit, used := cgroup("memory.max"), cgroup("memory.current")
	if limit > 0 && (free == 0 || limit-used < free) {
		free = max(limit-used, 1)
	}
	return free
}

// cgroup reads a number of the control group that a container runs in, 0 if there is none.
func cgroup(name string) (n float64) {
	text, _ := os.ReadFile("/sys/fs/cgroup/" + name)
	fmt.Sscanf(string(text), "%f", &n)
	return n
}
