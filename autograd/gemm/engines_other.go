//go:build !amd64 || noasm

package gemm

// best multiplies here.
var best = portable()

// engines are all that this processor can run, best first.
func engines() []*engine { return []*engine{best} }
