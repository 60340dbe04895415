package report

import "runtime"

// Machine describes the computer on which a measurement was made.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"` // logical cores
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

// ThisMachine describes the computer that this program runs on.
func ThisMachine() Machine {
	m := Machine{CPU: cpuName(), Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Go: runtime.Version()}
	if m.CPU == "" {
		m.CPU = "unnamed " + m.Arch
	}
	return m
}
