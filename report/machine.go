package report

import "runtime"

// Machine describes the computer of a measurement.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"` // logical ones
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

// ThisMachine describes the computer this program runs on.
func ThisMachine() Machine {
	m := Machine{CPU: cpuName(), Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Go: runtime.Version()}
	if m.CPU == "" {
		m.CPU = "unnamed " + m.Arch
	}
	return m
}
