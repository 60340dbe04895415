package zoo

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// availableMemory estimates the bytes that this process may still allocate: the free memory of the
// system or, if it is less, of the container. 0 means unknown.
func availableMemory() float64 { return available(os.DirFS("/")) }

// available computes availableMemory from the files of a system.
func available(root fs.FS) float64 {
	free := 0.0
	info, _ := fs.ReadFile(root, "proc/meminfo") // no file means unknown
	for line := range strings.Lines(string(info)) {
		kilobytes := 0.0
		if n, _ := fmt.Sscanf(line, "MemAvailable: %f kB", &kilobytes); n == 1 {
			free = 1024 * kilobytes
		}
	}
	limit, used := cgroup(root, "memory.max", ""), cgroup(root, "memory.current", "")
	used -= cgroup(root, "memory.stat", "file ") // the system can drop the page cache
	if limit > 0 && (free == 0 || limit-used < free) {
		free = max(limit-used, 1)
	}
	return free
}

// cgroup returns the number after name in a file of the container's control group, or 0 if there is
// none.
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
