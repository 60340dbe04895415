//go:build !darwin

package report

import (
	"bufio"
	"os"
	"strings"
)

// cpuName asks Linux, or the environment that Windows sets.
func cpuName() string {
	if name := cpuInfo(); name != "" {
		return name
	}
	return os.Getenv("PROCESSOR_IDENTIFIER")
}

// cpuInfo reads the name of the processor as Linux tells it.
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
