package gemm

import "unsafe"

// Make returns n zeros in memory of large pages, where the system has them: a generation reads all weights for every
// token, and with pages of 4 KB it looks up thousands of addresses on the way.
func Make[T float32 | int8](n int) []T {
	data := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size > largePage/8 {
		wantLargePages(uintptr(unsafe.Pointer(unsafe.SliceData(data))), size)
	}
	return data
}

const largePage = 2 << 20
