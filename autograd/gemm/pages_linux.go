package gemm

import "golang.org/x/sys/unix"

// wantLargePages asks for large pages from the one that holds the first of size bytes to the one that holds the last. What else lies
// there gets them too. It must come before the memory is first written; if the system says no, nothing changes.
func wantLargePages(first uintptr, size int) {
	begin := first &^ (largePage - 1)
	end := (first + uintptr(size) + largePage - 1) &^ (largePage - 1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_HUGEPAGE)
}
