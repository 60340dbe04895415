package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAttendOne compares AttendOne with float64, for every remainder of T and for rows that are not
// adjacent.
func TestAttendOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for _, d := range []int{16, 32, 64} {
		for T := 4; T < 40; T++ {
			stride := d + 16*(T%3)
			q, k, v := normals(rng, d), normals(rng, T*stride), normals(rng, T*stride)
			y, att := make([]float32, d+1), make([]float32, T)
			y[d] = 7
			if !AttendOne(y, att, q, k, v, stride, 0.3) {
				t.Skip("no kernel")
			}
			want, sum := make([]float64, T), 0.0
			for i := range want {
				for j := range d {
					want[i] += float64(q[j]) * float64(k[i*stride+j])
				}
				want[i] = math.Exp(0.3 * want[i])
				sum += want[i]
			}
			for i := range want {
				want[i] /= sum
				require.InDelta(t, want[i], att[i], 1e-6)
			}
			for j := range d {
				mix := 0.0
				for i := range want {
					mix += want[i] * float64(v[i*stride+j])
				}
				require.InDelta(t, mix, y[j], 1e-5)
			}
			require.InDelta(t, 7, y[d], 0)
		}
	}
	require.False(t, AttendOne(make([]float32, 8), make([]float32, 9), make([]float32, 8), nil, nil,
		8, 1))
	require.False(t, AttendOne(make([]float32, 16), make([]float32, 3), make([]float32, 16), nil,
		nil, 16, 1))
}
