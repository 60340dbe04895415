//go:build !linux && !darwin

package zoo

// availableMemory returns 0: the available memory is unknown.
func availableMemory() float64 { return 0 }
