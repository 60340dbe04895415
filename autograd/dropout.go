package autograd

// Dropout sets each element to zero with probability p and scales the others by 1/(1−p), so that the
// expectation stays (Srivastava et al. 2014). Without Rand, or with p = 0, it is the identity.
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

// mask is a dropout mask that is computed and not stored: element i is a hash of the seed and i, so
// that the backward pass, and any part of it, sees the same one.
type mask struct {
	seed uint64
	p    float64
}

// apply is dst[i] = src[i]·mask[first+i]: 0 with probability p, else src[i]/(1−p).
func (m mask) apply(dst, src []float32, first int) {
	drop := uint32(m.p * (1 << 32)) // hashes below this are dropped
	keep := float32(1 / (1 - m.p))
	if m.p >= 1 {
		clear(dst)
		return
	}
	for i, v := range src {
		if m.hash(first+i) < drop {
			dst[i] = 0
		} else {
			dst[i] = v * keep
		}
	}
}

// hash is the i-th number of the SplitMix64 generator (Steele, Lea and Flood 2014), which can be
// computed in any order.
func (m mask) hash(i int) uint32 {
	z := m.seed + uint64(i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return uint32((z ^ z>>31) >> 32)
}
