package align

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/transformer"
)

// LoRA is a policy with frozen weights, trained low-rank changes of some matrices and trained rows
// for new tokens (Hu et al. 2021). It does not depend on the kind of model: before each forward
// pass it writes the changed matrices into a twin of the model that shares all other weights, and
// after the backward pass it turns their gradients into its own. This costs a copy of the matrices
// and their full gradients per piece and step. It saves the optimizer's moments of the matrices,
// and disk space, because each task stores only its adapter. The parameters have PEFT's names.
//
// Loss, Hidden and the head methods use the twin and are not safe for concurrent use. The inference
// methods merge first and may run concurrently.
type LoRA struct {
	Matrices []*nn.LowRank   `param:"base_model.model"`
	Rows     []*nn.TokenRows `param:"base_model.model"`

	o     LoRAOptions
	base  Policy // frozen; it shares the weights of the original
	twin  Policy // the model with the changed matrices; it belongs to owner
	sites []site // the places of the changes in the twin
	owner *LoRA  // a replica must not write into the twin of its original
}

// change is a trained change of a frozen matrix.
type change interface {
	Apply(t *autograd.Tape, w *autograd.Tensor, frozen []float32)
}

// site is the place of a change in the twin.
type site struct {
	change
	twin   *autograd.Tensor
	frozen []float32
}

// LoRAOptions are the settings of LoRA.
type LoRAOptions struct {
	Rank  int     // r, the rank of the changes
	Alpha float64 // the changes are multiplied by α/r
	// Layers lists the layers to change by the last part of their names, such as "c_attn" or
	// "q_proj". Empty: every linear layer except the output layer, PEFT's "all-linear".
	Layers []string
	Tokens []lm.Token // tokens whose rows are trained, such as new special tokens
}

const maxAlpha = 1e6 // large, but finite in float32

// NewLoRA returns a LoRA over a model, which it leaves unchanged. Initially, the LoRA computes the
// same function as the model.
func NewLoRA(base Policy, o LoRAOptions, rng *rand.Rand) (*LoRA, error) {
	if o.Rank < 1 || !(o.Alpha > 0 && o.Alpha <= maxAlpha) {
		return nil, fmt.Errorf("rank is %d and alpha is %v; want at least 1 and a number in "+
			"(0, %g], such as 8 and 16", o.Rank, o.Alpha, maxAlpha)
	}
	l := &LoRA{o: o, base: frozen(base)}
	if err := l.addMatrices(rng); err != nil {
		return nil, err
	}
	if err := l.addRows(); err != nil {
		return nil, err
	}
	l.build()
	return l, nil
}

// addMatrices adds a change for the matrix of every layer that the options select.
func (l *LoRA) addMatrices(rng *rand.Rand) error {
	var names []string
	for _, p := range nn.Params(l.base) {
		layer, ok := linearLayer(p)
		if !ok {
			continue
		}
		names = append(names, lastPart(layer))
		if len(l.o.Layers) > 0 && !slices.Contains(l.o.Layers, lastPart(layer)) {
			continue
		}
		if most := min(p.Rows, p.Cols); l.o.Rank > most {
			return fmt.Errorf("rank is %d; want 1 to %d, the smaller side of %s", l.o.Rank, most,
				layer)
		}
		l.Matrices = append(l.Matrices,
			nn.NewLowRank(prefixOf(l.base)+layer, p, l.o.Rank, l.o.Alpha, rng))
	}
	if len(names) == 0 {
		return errors.New("the model has no linear layer for an adapter; want a transformer, or " +
			"leave out --lora-rank")
	}
	slices.Sort(names)
	for _, name := range l.o.Layers {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the model has no linear layer named %q; want one of: %s", name,
				strings.Join(slices.Compact(names), " "))
		}
	}
	return nil
}

// addRows adds the trained rows of o.Tokens to every token table.
func (l *LoRA) addRows() error {
	if len(l.o.Tokens) == 0 {
		return nil
	}
	for _, tok := range l.o.Tokens {
		if tok < 0 || int(tok) >= l.base.Vocab() {
			return fmt.Errorf("token %d is not in the vocabulary of %d", tok, l.base.Vocab())
		}
	}
	for _, p := range nn.Params(l.base) {
		if isTokenTable(l.base, p) {
			layer := prefixOf(l.base) + strings.TrimSuffix(p.Name, ".weight")
			l.Rows = append(l.Rows, nn.NewTokenRows(layer, p.Tensor, l.o.Tokens))
		}
	}
	return nil
}

// linearLayer returns the name of the linear layer with the matrix p, or false if p is not such a
// matrix.
func linearLayer(p nn.Param) (layer string, ok bool) {
	layer, ok = strings.CutSuffix(p.Name, ".weight")
	return layer, ok && !p.Vector && !p.Table && !p.Output
}

// isTokenTable reports whether p has a row for each token: the embedding or the output layer.
func isTokenTable(m Policy, p nn.Param) bool {
	if p.Output {
		return p.Rows == m.Vocab()
	}
	e, ok := m.(nn.Embedder)
	return ok && p.Tensor.Data != nil && &e.Embeddings().Data[0] == &p.Tensor.Data[0]
}

// prefixOf returns the prefix of a model's layer names in Hugging Face's class with an output
// layer.
func prefixOf(m Policy) string {
	if _, ok := m.(*transformer.Model); ok {
		return "transformer."
	}
	return ""
}

// frozen returns a twin of a model with the same weights and no gradients.
func frozen(m Policy) Policy {
	twin := nn.Replica(m)
	for _, p := range nn.Params(twin) {
		p.Tensor.Grad = nil
	}
	return twin
}

// build makes the twin, with a copy of every changed matrix. The copies are contiguous in memory,
// so that LinearTs still computes adjacent layers in one product.
func (l *LoRA) build() {
	l.twin, l.owner, l.sites = frozen(l.base), l, nil
	changes := map[string]change{}
	for _, m := range l.Matrices {
		changes[m.Name] = m
	}
	for _, r := range l.Rows {
		changes[r.Name] = r
	}
	total := 0
	for _, p := range nn.Params(l.twin) {
		c, ok := changes[prefixOf(l.base)+strings.TrimSuffix(p.Name, ".weight")]
		if ok && strings.HasSuffix(p.Name, ".weight") {
			l.sites = append(l.sites, site{c, p.Tensor, p.Data})
			total += len(p.Data)
		}
	}
	data, grad := make([]float32, total), make([]float32, total)
	for _, s := range l.sites {
		n := len(s.frozen)
		s.twin.Data, s.twin.Grad = data[:n], grad[:n]
		data, grad = data[n:], grad[n:]
	}
}

// prepare returns the twin with the current changed matrices.
func (l *LoRA) prepare(t *autograd.Tape) Policy {
	if l.owner != l {
		l.build()
	}
	for _, s := range l.sites {
		s.Apply(t, s.twin, s.frozen)
	}
	return l.twin
}

// Merge returns a model of the same kind with the changed matrices as its weights. It shares no
// memory with the LoRA.
func (l *LoRA) Merge() Policy {
	twin := *l
	twin.build()
	merged := twin.prepare(autograd.NewForward())
	for _, p := range nn.Params(merged) {
		p.Tensor.Data, p.Tensor.Grad = slices.Clone(p.Data), make([]float32, len(p.Data))
	}
	return merged
}

// Loss returns the mean −ln P of the targets of the batch, in nats.
func (l *LoRA) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	return l.prepare(t).Loss(t, b)
}

// Hidden returns the hidden vectors of every position (nn.Encoder).
func (l *LoRA) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	return l.prepare(t).Hidden(t, b)
}

// HeadLoss returns Σ −ln P(y)/n of the targets y that follow the last vectors of Hidden, in nats.
func (l *LoRA) HeadLoss(
	t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int,
) *autograd.Tensor {
	return l.twin.HeadLoss(t, h, y, n)
}

// HeadLogProbs returns ln P(y) for every target y that follows the last vectors of Hidden, in nats,
// [len(y), 1].
func (l *LoRA) HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor {
	return l.twin.HeadLogProbs(t, h, y)
}

// Vocab returns the number of tokens.
func (l *LoRA) Vocab() int { return l.base.Vocab() }

// NextLogProbs merges the changes on every call. For more than one context, call Merge first.
func (l *LoRA) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	return l.Merge().NextLogProbs(dst, context)
}

// Score merges the changes, then scores (lm.Scorer).
func (l *LoRA) Score(dst []float64, tokens []lm.Token) []float64 {
	copy(dst, lm.Score(l.Merge(), tokens))
	return dst[:len(tokens)]
}

// Start merges the changes, then starts a state (lm.Stepper). The state does not see later
// training.
func (l *LoRA) Start() lm.State { return lm.Start(l.Merge()) }

// Streams merges the changes, then starts streams (lm.Streamer). The streams do not see later
// training.
func (l *LoRA) Streams(contexts [][]lm.Token) lm.Streams {
	return lm.StartStreams(l.Merge(), contexts)
}

// Window returns the maximum number of positions of a document, or 0 if there is no maximum.
func (l *LoRA) Window() int { return lm.Window(l.base) }

// Shape returns the size and the cost of the frozen model.
func (l *LoRA) Shape(context int) nn.Shape { return shapeOf(l.base, context) }

// Fingerprint returns a hash of the names, shapes and bits of the frozen weights, except for the
// trained rows.
func (l *LoRA) Fingerprint() string {
	sum := sha256.New()
	for _, p := range nn.Params(l.base) {
		data := p.Data
		if isTokenTable(l.base, p) && len(l.o.Tokens) > 0 {
			data = slices.Clone(data)
			for _, tok := range l.o.Tokens {
				clear(data[int(tok)*p.Cols:][:p.Cols])
			}
		}
		fmt.Fprintf(sum, "%s %d %d\n", p.Name, p.Rows, p.Cols)
		var bits [4]byte
		for _, x := range data {
			binary.LittleEndian.PutUint32(bits[:], math.Float32bits(x))
			sum.Write(bits[:])
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
