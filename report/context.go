package report

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"lmzoo/eval"
	"lmzoo/lm"
)

// Context is the cost of some tokens when a model sees only the last few tokens, or bytes, before
// each of them. The rest of the document is masked (lm.Masker).
type Context struct {
	// Given is the number of visible tokens, or bytes for mixed tokenizers; 0: the whole document
	// so far
	Given  int         `json:"given"`
	Tokens int         `json:"tokens"`
	Nats   eval.Number `json:"nats_per_token"`
	Bits   eval.Number `json:"bits_per_byte"`
}

const (
	maxGiven      = 64     // the longest context that is masked, in tokens
	bytesPerGiven = 4      // a context of n tokens is compared with one of 4n bytes
	contextTokens = 48_000 // tokens read per model for all lengths, approximately
	fewPositions  = 50     // the smallest sample that is shown
)

// place is the position of a token: its document and its index in the document.
type place struct{ doc, token int }

// places samples the tokens to test: only those preceded by at least the longest context. Models
// with the same tokenizer get the same sample.
func (t tokenized) places(seed uint64) (all []place, longest int) {
	for longest = maxGiven; longest > 0; longest /= 2 {
		all = all[:0]
		for doc, ids := range t.ids {
			for i := longest; i < len(ids); i++ {
				all = append(all, place{doc, i})
			}
		}
		if len(all) >= fewPositions {
			break
		}
	}
	if longest == 0 {
		return nil, 0
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), contextTokens/(2*longest))], longest
}

// byContext measures the gain of m from every doubling of its context.
func (t tokenized) byContext(ctx context.Context, m lm.Model, seed uint64,
	threads int) ([]Context, error) {
	sample, longest := t.places(seed)
	if longest == 0 {
		return nil, nil
	}
	var all []Context
	for n := 1; n <= longest; n *= 2 {
		given := func(place) int { return n }
		size := n
		if t.mixed {
			size = n * bytesPerGiven
			given = func(p place) int { return t.tokensIn(p, size) }
		}
		nats, err := t.masked(ctx, m, sample, given, threads)
		if err != nil {
			return nil, err
		}
		all = append(all, t.mean(sample, nats, size))
	}
	whole := make([]float64, len(sample))
	for i, p := range sample {
		whole[i] = t.nats[p.doc][p.token]
	}
	return append(all, t.mean(sample, whole, 0)), nil
}

// tokensIn returns the number of whole tokens in the last n bytes before a place.
func (t tokenized) tokensIn(p place, n int) int {
	ends := t.offsets[p.doc]
	if ends == nil { // a closed vocabulary
		return n / bytesPerGiven
	}
	begin := func(i int) int {
		if i == 0 {
			return 0
		}
		return ends[i-1]
	}
	k := 0
	for k < p.token && begin(p.token)-begin(p.token-k-1) <= n {
		k++
	}
	return k
}

// mean returns the mean cost of a sample.
func (t tokenized) mean(sample []place, nats []float64, given int) Context {
	sum, bytes := 0.0, 0
	for i, p := range sample {
		sum += nats[i]
		bytes += t.bytesOf(p)
	}
	return Context{
		Given: given, Tokens: len(nats), Nats: eval.Number(round(sum / float64(len(nats)))),
		Bits: eval.Number(round(sum / math.Ln2 / float64(bytes))),
	}
}

// bytesOf returns the bytes of a token. The end of a document counts as one byte; so does a token
// of a closed vocabulary, for which bits per byte are not shown.
func (t tokenized) bytesOf(p place) int {
	if id := t.ids[p.doc][p.token]; id != lm.BOS {
		return max(t.bytes(id), 1)
	}
	return 1
}

// masked returns the cost of every token of a sample under a model that sees only the last
// given(place) tokens.
func (t tokenized) masked(ctx context.Context, m lm.Model, sample []place, given func(place) int,
	threads int) ([]float64, error) {
	nats := make([]float64, len(sample))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(threads, 1), len(sample)) {
		wg.Go(func() {
			var probs []float64
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(sample) {
					return
				}
				p := sample[i]
				ids := t.ids[p.doc]
				probs = lm.NextMasked(m, probs, ids[:p.token], given(p))
				nats[i] = -min(probs[ids[p.token]], 0)
			}
		})
	}
	wg.Wait()
	return nats, ctx.Err()
}
