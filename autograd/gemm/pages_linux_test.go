package gemm

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// All memory of large weights is marked for large pages.
func TestLargePagesAreRequested(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel provides no large pages: ", err)
	}
	weights := Make[float32](5<<20 + 1)
	first := uintptr(unsafe.Pointer(unsafe.SliceData(weights)))
	last := first + uintptr(len(weights)-1)*4
	for _, at := range []uintptr{first, (first + last) / 2, last} {
		require.Contains(t, mapping(t, at), "hg", "the mapping of %#x", at)
	}
	weights[len(weights)-1] = 1 // keeps them alive
}

// mapping returns the flags of the mapping that contains an address (proc_pid_smaps(5)).
func mapping(t *testing.T, at uintptr) []string {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("cannot read the memory mappings: ", err)
	}
	inside := false
	for line := range strings.Lines(string(smaps)) {
		var begin, end uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &begin, &end); n == 2 {
			inside = begin <= at && at < end
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			return strings.Fields(flags)
		}
	}
	t.Skipf("the mapping of %#x has no flags", at)
	return nil
}
