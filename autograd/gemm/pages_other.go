//go:build !linux

package gemm

func wantLargePages(uintptr, int) {}
