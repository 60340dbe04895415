package gemm

import (
	"sync"
	"unsafe"
)

// buffer holds the packed blocks of one call.
type buffer struct{ floats []float32 }

// free holds the buffers of finished calls, at most as many as calls ever ran concurrently. The
// garbage collector would empty a sync.Pool.
var free struct {
	sync.Mutex
	list []*buffer
}

const cacheLine = 64

// take returns a buffer of at least n floats, aligned to a cache line.
func take(n int) *buffer {
	free.Lock()
	var b *buffer
	if last := len(free.list) - 1; last >= 0 {
		b, free.list = free.list[last], free.list[:last]
	}
	free.Unlock()
	if b == nil {
		b = new(buffer)
	}
	if len(b.floats) < n {
		room := Make[float32](roundUp(n, 1<<14) + cacheLine/4)
		skip := -uintptr(unsafe.Pointer(unsafe.SliceData(room))) % cacheLine / 4
		b.floats = room[skip:]
	}
	return b
}

func give(b *buffer) {
	free.Lock()
	free.list = append(free.list, b)
	free.Unlock()
}
