package gemm

import "golang.org/x/sys/unix"

// wantLargePages requests large pages for size bytes at first, and for whatever shares the first
// and the last of these pages. Call it before the memory is first written. If the system refuses,
// nothing changes.
func wantLargePages(first uintptr, size int) {
	begin := first &^ (largePage - 1)
	end := (first + uintptr(size) + largePage - 1) &^ (largePage - 1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_HUGEPAGE)
}
