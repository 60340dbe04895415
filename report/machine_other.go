//go:build !darwin

package report

import (
	"bufio"
	"os"
	"strings"
)

// cpuName returns the name of the processor, from Linux or from the environment that Windows sets.
func cpuName() string {
	if name := cpuInfo(); name != "" {
		return name
	}
	return os.Getenv("PROCESSOR_IDENTIFIER")
}

// cpuInfo reads the name of the processor from /proc/cpuinfo.
func cpuInfo() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if key = strings.TrimSpace(key); key == "model name" || key == "Model" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
