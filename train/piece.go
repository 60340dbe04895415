package train

import (
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// piece is a fixed share of the rows of every batch, with all that is needed to learn from it beside the
// others: a replica of the model, that has the same weights but gradients and a memory of its own, and a tape.
type piece struct {
	number  int
	learner Learner
	params  []nn.Param
	tape    *autograd.Tape
	dice    *rand.PCG // what the tape's Rand draws from
	rand    *rand.Rand
	loss    float64
}

func newPiece(number int, l Learner) *piece {
	p := &piece{number: number, learner: nn.Replica(l), tape: autograd.NewTape(), dice: new(rand.PCG)}
	p.params = nn.Params(p.learner)
	p.rand = rand.New(p.dice)
	p.setCarry(nil) // a replica must not begin with the memory of the original
	return p
}

// learn adds the gradient of this piece's share of the batches, which make one step together, and keeps its share of
// the loss.
func (p *piece) learn(batches []corpus.Batch, pieces int, seed uint64, step int) {
	p.loss = 0
	for i, b := range batches {
		share, ok := cut(b, p.number, pieces)
		if !ok {
			continue
		}
		p.dice.Seed(seed, dropoutSeed(step*len(batches)+i, p.number))
		p.tape.Rand = p.rand
		p.tape.Reset()
		loss := p.learner.Loss(p.tape, share)
		p.tape.Backward(loss)
		p.loss += float64(loss.Data[0])
	}
}

// cut returns share number i of n of the rows of a batch, and false if no row is left for it.
func cut(b corpus.Batch, i, n int) (corpus.Batch, bool) {
	lo, hi := b.B*i/n, b.B*(i+1)/n
	return corpus.Batch{B: hi - lo, T: b.T, X: b.X[lo*b.T : hi*b.T], Y: b.Y[lo*b.T : hi*b.T], N: b.N}, hi > lo
}

// dropoutSeed makes the dropout of every batch and piece a function of its place in the run, so that a resumed
// run draws the same masks although nobody saved the state of a generator. The mixing is SplitMix64's
// (Steele, Lea & Flood 2014, figure 16): neighbours get unrelated seeds.
func dropoutSeed(batch, piece int) uint64 {
	z := uint64(batch)<<16 + uint64(piece) + 1
	z *= 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// carry is what the piece remembers between batches; nil for a learner that remembers nothing.
func (p *piece) carry() [][]float32 {
	if c, ok := p.learner.(Carrier); ok {
		return c.Carry()
	}
	return nil
}

func (p *piece) setCarry(memory [][]float32) {
	if c, ok := p.learner.(Carrier); ok {
		c.SetCarry(memory)
	}
}
