package zoo

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// availableMemory is about how many bytes this process may still take, 0 if that is unknown: what the system has free, or what a
// container leaves of it.
func availableMemory() float64 { return available(os.DirFS("/")) }

// available reads it off the files of the system.
func available(root fs.FS) float64 {
	free := 0.0
	info, _ := fs.ReadFile(root, "proc/meminfo") // unknown without it
	for line := range strings.Lines(string(info)) {
		kilobytes := 0.0
		if n, _ := fmt.Sscanf(line, "MemAvailable: %f kB", &kilobytes); n == 1 {
			free = 1024 * kilobytes
		}
	}
	limit, used := cgroup(root, "memory.max", ""), cgroup(root, "memory.current", "")-cgroup(root, "memory.stat", "file ") // the copies of files make room
	if limit > 0 && (free == 0 || limit-used < free) {
		free = max(limit-used, 1)
	}
	return free
}

// cgroup reads a number of the control group that a container runs in, the one after name in a file; 0 if there is none.
func cgroup(root fs.FS, file, name string) (n float64) {
	text, _ := fs.ReadFile(root, "sys/fs/cgroup/"+file)
	for line := range strings.Lines(string(text)) {
		if number, ok := strings.CutPrefix(line, name); ok {
			fmt.Sscanf(number, "%f", &n)
			return n
		}
	}
	return 0
}
