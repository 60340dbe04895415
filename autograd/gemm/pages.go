package gemm

import "unsafe"

// Make returns n zeros in large pages where the system has them. Generation reads all weights for
// every token, and with pages of 4 KB it needs thousands of address translations.
func Make[T float32 | int8](n int) []T {
	data := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size > largePage/8 {
		wantLargePages(uintptr(unsafe.Pointer(unsafe.SliceData(data))), size)
	}
	return data
}

const largePage = 2 << 20
