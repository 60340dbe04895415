package gemm

import "unsafe"

// Make returns n zeros in large pages where the system has them. Training and generation read and
// write so much memory that with pages of 4 KB they need thousands of address translations.
func Make[T float32 | int32 | int8](n int) []T {
	data := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size > largePage/128 {
		wantLargePages(uintptr(unsafe.Pointer(unsafe.SliceData(data))), size)
	}
	return data
}

const largePage = 2 << 20
