package zoo

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestAvailable(t *testing.T) {
	system := func(files map[string]string) float64 {
		root := fstest.MapFS{}
		for name, text := range files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return available(root)
	}
	const meminfo = "MemTotal: 9000 kB\nMemAvailable:    4000 kB\nCached: 1 kB\n"
	require.Zero(t, system(nil), "nobody knows")
	require.Equal(t, 4000.0*1024, system(map[string]string{"proc/meminfo": meminfo}))
	container := map[string]string{
		"proc/meminfo":                 meminfo,
		"sys/fs/cgroup/memory.max":     "3000000\n",
		"sys/fs/cgroup/memory.current": "2500000\n",
		"sys/fs/cgroup/memory.stat":    "anon 500000\nfile 2000000\nfile_mapped 7\n",
	}
	require.Equal(t, 2_500_000.0, system(container), "the copies of files make room")
	container["sys/fs/cgroup/memory.max"] = "max\n"
	require.Equal(t, 4000.0*1024, system(container), "no limit")
	container["sys/fs/cgroup/memory.max"] = "100\n"
	require.Equal(t, 1.0, system(container), "all is taken, which is not unknown")
}
