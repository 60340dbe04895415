package train

import (
	"math/rand/v2"
	"sync"

	"lmzoo/autograd"
	"lmzoo/nn"
)

// piece learns from a fixed share of the rows of every batch, concurrently with the other pieces.
// Its replica of the model shares the weights but has gradients and a memory of its own.
type piece[B Batch[B]] struct {
	number  int
	learner Learner[B]
	params  []nn.Param
	tapes   *tapes
	dice    *rand.PCG // the source of the tape's Rand
	rand    *rand.Rand
	loss    float64
}

func newPiece[B Batch[B]](number int, l Learner[B], t *tapes) *piece[B] {
	p := &piece[B]{number: number, learner: nn.Replica(l), tapes: t, dice: new(rand.PCG)}
	p.params = nn.Params(p.learner)
	p.rand = rand.New(p.dice)
	p.setCarry(nil) // a replica must not begin with the memory of the original
	return p
}

func paramsOfPieces[B Batch[B]](pieces []*piece[B]) (all [][]nn.Param) {
	for _, p := range pieces {
		all = append(all, p.params)
	}
	return all
}

// learn adds the gradient of this piece's share of the batches of one step, numbered from first on,
// and records its share of the loss.
func (p *piece[B]) learn(batches []B, pieces int, seed uint64, first int) {
	p.loss = 0
	tape := p.tapes.take()
	defer p.tapes.give(tape)
	tape.Rand = p.rand
	for i, b := range batches {
		share, ok := b.Share(p.number, pieces)
		if !ok {
			continue
		}
		p.dice.Seed(seed, dropoutSeed(first+i, p.number))
		tape.Reset()
		loss := p.learner.Loss(tape, share)
		tape.Backward(loss)
		p.loss += float64(loss.Data[0])
	}
}

// dropoutSeed makes the dropout of a piece of a batch a function of its position in the run, so
// that a resumed run draws the same masks without a saved generator. The mixing is SplitMix64's
// (Steele, Lea & Flood 2014, figure 16), which gives neighbours unrelated seeds.
func dropoutSeed(batch, piece int) uint64 {
	z := uint64(batch)<<16 + uint64(piece) + 1
	z *= 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// carry returns the memory of the piece between batches, or nil for a learner without memory.
func (p *piece[B]) carry() [][]float32 {
	if c, ok := p.learner.(Carrier); ok {
		return c.Carry()
	}
	return nil
}

func (p *piece[B]) setCarry(memory [][]float32) {
	if c, ok := p.learner.(Carrier); ok {
		c.SetCarry(memory)
	}
}

// tapes are shared by the pieces: the number in use is the number of threads working at a time. A
// tape that has just been used is still in the caches.
type tapes struct {
	sync.Mutex
	free []*autograd.Tape
}

func (t *tapes) take() *autograd.Tape {
	t.Lock()
	defer t.Unlock()
	last := len(t.free) - 1
	if last < 0 {
		return autograd.NewTape()
	}
	tape := t.free[last]
	t.free = t.free[:last]
	return tape
}

func (t *tapes) give(tape *autograd.Tape) {
	t.Lock()
	defer t.Unlock()
	t.free = append(t.free, tape)
}
