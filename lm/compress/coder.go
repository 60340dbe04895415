package compress

// The arithmetic coder of Witten, Neal & Cleary (1987, "Arithmetic coding for data compression";
// MacKay 2003, chapter 6) represents a text by a number between 0 and 1. Every token narrows the
// interval [low, high] to its share. The final width is the product of all probabilities, and −log2
// of the width is the number of bits needed to name a number in the interval. The registers are
// integers: bits on which low and high agree are written and shifted out.
const (
	registerBits = 62 // leaves room for sums in a uint64
	top          = 1<<registerBits - 1
	half         = 1 << (registerBits - 1)
	quarter      = half / 2

	// Probabilities are multiples of 2⁻³². The interval is never narrower than 2⁶⁰, so every share
	// has at least one point.
	frequencyBits = 32
)

// interval is the state that encoder and decoder share.
type interval struct {
	low, high uint64
	shifts    int // number of bits shifted out
}

// narrow reduces the interval to the share [from, to) of 2^frequencyBits.
func (c *interval) narrow(from, to uint64) {
	unit := (c.high - c.low + 1) >> frequencyBits
	if to < 1<<frequencyBits { // the last token gets the remainder of the division
		c.high = c.low + unit*to - 1
	}
	c.low += unit * from
}

// step is a way to shift the leading bits of low and high.
type step int

const (
	done   step = iota // low and high differ: the interval is wide enough
	zero               // both begin with 0
	one                // both begin with 1
	middle             // 01… and 10…: close to ½, on either side of it
)

// shift removes a leading bit from the interval if it can.
func (c *interval) shift() step {
	var s step
	var base uint64
	switch {
	case c.high < half:
		s, base = zero, 0
	case c.low >= half:
		s, base = one, half
	case c.low >= quarter && c.high < half+quarter:
		s, base = middle, quarter
	default:
		return done
	}
	c.low = (c.low - base) << 1
	c.high = (c.high-base)<<1 | 1
	c.shifts++
	return s
}

// encoder writes bits to out.
type encoder struct {
	interval
	out     []byte
	bits    int // number of bits in out
	follows int // number of pending bits, opposite to the next one
}

func newEncoder() *encoder { return &encoder{interval: interval{high: top}} }

// encode narrows the interval and writes the bits that are certain.
func (e *encoder) encode(from, to uint64) {
	e.narrow(from, to)
	for {
		switch e.shift() {
		case done:
			return
		case zero:
			e.write(0)
		case one:
			e.write(1)
		case middle:
			e.follows++
		}
	}
}

// flush writes two more bits, so that the number is in the interval whatever follows.
func (e *encoder) flush() []byte {
	e.follows++
	if e.low < quarter {
		e.write(0)
	} else {
		e.write(1)
	}
	return e.out
}

func (e *encoder) write(bit byte) {
	e.append(bit)
	for ; e.follows > 0; e.follows-- {
		e.append(1 - bit)
	}
}

func (e *encoder) append(bit byte) {
	if e.bits%8 == 0 {
		e.out = append(e.out, 0)
	}
	e.out[e.bits/8] |= bit << (7 - e.bits%8)
	e.bits++
}

// decoder reproduces the encoder's interval and reads the number.
type decoder struct {
	interval
	in    []byte
	read  int // number of bits read from in; bits beyond its end are 0
	value uint64
}

func newDecoder(in []byte) *decoder {
	d := &decoder{interval: interval{high: top}, in: in}
	for range registerBits {
		d.value = d.value<<1 | d.next()
	}
	return d
}

func (d *decoder) next() (bit uint64) {
	if d.read/8 < len(d.in) {
		bit = uint64(d.in[d.read/8]>>(7-d.read%8)) & 1
	}
	d.read++
	return bit
}

// target returns the point, out of 2^frequencyBits, at which the number lies. The encoded token is
// the one whose share contains it.
func (d *decoder) target() uint64 {
	unit := (d.high - d.low + 1) >> frequencyBits
	return min((d.value-d.low)/unit, 1<<frequencyBits-1)
}

// decode narrows the interval as the encoder did.
func (d *decoder) decode(from, to uint64) {
	d.narrow(from, to)
	for {
		switch d.shift() {
		case done:
			return
		case zero:
		case one:
			d.value -= half
		case middle:
			d.value -= quarter
		}
		d.value = d.value<<1 | d.next()
	}
}

// codedBytes returns the length of an encoder's output after some shifts, of one bit each; flush
// adds two bits.
func codedBytes(shifts int) int { return (shifts + 2 + 7) / 8 }
