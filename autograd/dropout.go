package autograd

import "math"

// Dropout sets each element to zero with probability p and multiplies the others by 1/(1−p), which
// keeps the expectation (Srivastava et al. 2014). Without Rand, or with p = 0, it is the identity.
func (t *Tape) Dropout(x *Tensor, p float64) *Tensor {
	if t.Rand == nil || p <= 0 {
		return x
	}
	m := mask{seed: t.Rand.Uint64(), p: p}
	y := t.New(x.Rows, x.Cols)
	m.apply(y.Data, x.Data, 0)
	Record(t, dropoutOp{y, x, m})
	return y
}

type dropoutOp struct {
	y, x *Tensor
	mask mask
}

func (o dropoutOp) Backward() { // dx = mask·dy
	dy := o.y.AddGrad()
	o.mask.apply(dy, dy, 0)
	o.y.tape.passGrad(o.x, o.y.takeGrad())
}

// mask is a dropout mask that is computed, not stored: element i depends only on a hash of the seed
// and i, so that the backward pass can recompute any part of the same mask.
type mask struct {
	seed uint64
	p    float64
}

// apply stores dst[i] = src[i]·mask[first+i]: 0 with probability p, else src[i]/(1−p). One hash of
// 64 bits decides four elements, so p is rounded to a multiple of 1/65536, and so is the scale.
func (m mask) apply(dst, src []float32, first int) {
	const sides = 1 << 16
	drop := int32(math.Round(m.p * sides)) // dice below this are dropped
	if drop >= sides {
		clear(dst)
		return
	}
	keep := sides / float32(sides-drop)
	roll := func(dst, src []float32, i int) { // up to the next multiple of 4
		dice := m.hash(i/4) >> (16 * (i % 4))
		for j, v := range src {
			dst[j] = dropped(v*keep, uint16(dice), drop)
			dice >>= 16
		}
	}
	dst = dst[:len(src)]
	head := min((4-first%4)%4, len(src))
	roll(dst, src[:head], first)
	i := head
	for ; i+4 <= len(src); i += 4 {
		d, s, dice := dst[i:i+4:i+4], src[i:i+4:i+4], m.hash((first+i)/4)
		d[0] = dropped(s[0]*keep, uint16(dice), drop)
		d[1] = dropped(s[1]*keep, uint16(dice>>16), drop)
		d[2] = dropped(s[2]*keep, uint16(dice>>32), drop)
		d[3] = dropped(s[3]*keep, uint16(dice>>48), drop)
	}
	roll(dst[i:], src[i:], first+i)
}

// dropped returns 0 if dice is below drop, otherwise v. It avoids a branch, because the processor
// would mispredict it too often.
func dropped(v float32, dice uint16, drop int32) float32 {
	below := uint32((int32(dice) - drop) >> 31) // all ones if dice < drop
	return math.Float32frombits(math.Float32bits(v) &^ below)
}

// hash returns output i of the SplitMix64 generator (Steele, Lea and Flood 2014), whose numbers can
// be computed in any order.
func (m mask) hash(i int) uint64 {
	z := m.seed + uint64(i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
