package zoo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/train"
	"lmzoo/zoo"
)

// The species below could be from another module: token vectors that are close to each other for
// neighbouring tokens. It has no next-token distribution, its batches are not text, and it has a
// validation of its own.

type vectorsConfig struct {
	VocabSize int `json:"vocab_size"`
	NEmbd     int `json:"n_embd"`
}

func (c vectorsConfig) Validate() error {
	if c.NEmbd < 1 {
		return errors.New("n_embd is below 1; want at least 1")
	}
	return nil
}

type vectors struct {
	Table *autograd.Tensor `param:"table"`
}

func newVectors(c vectorsConfig, rng *rand.Rand) (*vectors, error) {
	return &vectors{nn.Normal(c.VocabSize, c.NEmbd, 1, rng)}, nil
}

func (m *vectors) Vocab() int                   { return m.Table.Rows }
func (m *vectors) Embeddings() *autograd.Tensor { return m.Table }

// neighbours is a batch of pairs of tokens.
type neighbours struct {
	a, b []int32
	n    int
}

func (p neighbours) Rows() int    { return len(p.a) }
func (p neighbours) Targets() int { return len(p.a) }
func (p neighbours) Of(n int) neighbours {
	p.n = n
	return p
}

func (p neighbours) Share(i, n int) (neighbours, bool) {
	lo, hi := len(p.a)*i/n, len(p.a)*(i+1)/n
	return neighbours{p.a[lo:hi], p.b[lo:hi], p.n}, hi > lo
}

// Loss is the mean squared distance.
func (m *vectors) Loss(t *autograd.Tape, p neighbours) *autograd.Tensor {
	op := distance{m, p, t.New(1, 1)}
	for i := range p.a {
		x, y := m.Table.Row(int(p.a[i])), m.Table.Row(int(p.b[i]))
		for j := range x {
			op.loss.Data[0] += (x[j] - y[j]) * (x[j] - y[j]) / float32(p.n)
		}
	}
	autograd.Record(t, op)
	return op.loss
}

type distance struct {
	m    *vectors
	p    neighbours
	loss *autograd.Tensor
}

func (o distance) Backward() {
	c := o.m.Table.Cols
	for i := range o.p.a {
		a, b := int(o.p.a[i])*c, int(o.p.b[i])*c
		for j := range c {
			g := 2 * (o.m.Table.Data[a+j] - o.m.Table.Data[b+j]) / float32(o.p.n) * o.loss.Grad[0]
			o.m.Table.Grad[a+j] += g
			o.m.Table.Grad[b+j] -= g
		}
	}
}

// adjacent is the source of the pairs of a text.
type adjacent struct {
	text []int32
	size int
}

func (s adjacent) Batch(b *neighbours, step int) {
	b.a, b.b = b.a[:0], b.b[:0]
	for i := range s.size {
		at := (step*s.size + i) % (len(s.text) - 1)
		b.a, b.b = append(b.a, s.text[at]), append(b.b, s.text[at+1])
	}
}

func vectorsSpecies() *zoo.Species {
	return &zoo.Species{
		Name: "vectors", Title: "Vectors", Era: "PLM", Year: 2030, Predicts: "neighbouring words",
		Defaults: zoo.Preset(
			func(string) (vectorsConfig, error) { return vectorsConfig{NEmbd: 3}, nil },
			func(c *train.Config) {
				c.LR, c.MinLR, c.Steps, c.EvalEvery = 0.05, 0.001, 20, train.Every{Steps: 5}
			}),
		Learning: &zoo.Learning{
			New: zoo.New(newVectors),
			Start: func(model any, text *zoo.Text, c train.Config) (zoo.Training, error) {
				m := model.(*vectors)
				src := adjacent{text.Train[0], c.Batch}
				tr, err := train.NewTrainer(m, src, c)
				return zoo.Training{Trainer: tr, Validate: func(context.Context) (float64, error) {
					var b neighbours
					src.Batch(&b, 0)
					return float64(m.Loss(autograd.NewForward(), b.Of(len(b.a))).Data[0]), nil
				}}, err
			},
			Validation: zoo.Validation{Name: "distance", Unit: "squared distance"},
		},
	}
}

func order(t *testing.T, dir string, steps int) zoo.Order {
	t.Helper()
	cat := append(zoo.Standard(), vectorsSpecies())
	s, err := cat.Find("vectors")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "text.txt")
	text := strings.Repeat("the cat saw the dog and the dog saw the cat\n", 50)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	data := zoo.Data{Corpus: file}
	split, err := data.Load(t.Context(), zoo.Input{})
	require.NoError(t, err)
	tok, err := corpus.Train("char", split.Train, 0)
	require.NoError(t, err)
	settings, err := s.Settings("")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{"steps": steps}))
	return zoo.Order{
		Species: s, Settings: settings, Data: data, Split: split, Tokenizer: tok,
		Seed: 1, Threads: 2, Dir: dir,
	}
}

func TestASpeciesOfAnotherModule(t *testing.T) {
	cat := append(zoo.Standard(), vectorsSpecies())
	dir := filepath.Join(t.TempDir(), "whole")
	o := order(t, dir, 20)
	whole, err := zoo.Make(t.Context(), o)
	require.NoError(t, err)
	require.Less(t, whole.Config.Result.Valid, 6.0, "two random vectors are 6 apart")
	require.Equal(t, whole.Model.(*vectors).Table.Rows*3, whole.Params())

	opened, err := cat.Open(dir)
	require.NoError(t, err)
	require.Equal(t, whole.Model.(*vectors).Table.Data, opened.Model.(*vectors).Table.Data)
	_, err = zoo.Standard().Open(dir)
	require.ErrorContains(t, err, `"vectors"`, "lmzoo does not know it")

	// The training is stopped after 8 of 20 steps and resumed as another process would resume it.
	stopped := filepath.Join(t.TempDir(), "stopped")
	o.Dir = stopped
	o.Settings, err = o.Species.Settings("")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = zoo.Make(ctx, o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Stats.Step == 8 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	again, err := cat.Resume(t.Context(), stopped, strings.NewReader(""), nil)
	require.NoError(t, err)
	again.Threads = 1
	resumed, err := zoo.Make(t.Context(), again)
	require.NoError(t, err)
	want, got := whole.Model.(*vectors).Table, resumed.Model.(*vectors).Table
	require.Equal(t, want.Data, got.Data, "the same bits")
}

func TestARunSaysWhatItCanDo(t *testing.T) {
	r, err := zoo.Make(t.Context(), order(t, filepath.Join(t.TempDir(), "mine"), 5))
	require.NoError(t, err)
	e, err := r.Embedder()
	require.NoError(t, err)
	require.Equal(t, 3, e.Embeddings().Cols)

	one := func(err error, want ...string) {
		t.Helper()
		require.Error(t, err)
		require.NotContains(t, err.Error(), "\n")
		for _, w := range want {
			require.ErrorContains(t, err, w)
		}
		require.ErrorAs(t, err, &zoo.Misuse{})
	}
	_, err = r.LM()
	one(err, "mine", "Vectors has no next-token distribution", "lmzoo neighbours")
	_, err = r.Filler()
	one(err, "no distribution over a gap")
	_, err = r.Encoder()
	one(err, "no hidden vectors")
	_, err = zoo.Mix(t.Context(), []*zoo.Run{r}, nil)
	one(err, "no next-token distribution")

	causal, notes := zoo.Causal([]*zoo.Run{r})
	require.Empty(t, causal)
	require.Len(t, notes, 1)
}

func TestAnInvalidSettingIsMisuse(t *testing.T) {
	s := vectorsSpecies()
	settings, err := s.Settings("")
	require.NoError(t, err)
	require.NoError(t, s.Check(settings))
	require.NoError(t, settings.Set(map[string]any{"n_embd": 0}))
	require.ErrorAs(t, s.Check(settings), &zoo.Misuse{})
	require.Error(t, settings.Set(map[string]any{"vocab_size": 7}), "it follows from the tokenizer")
}

func TestTheCatalogueIsJSON(t *testing.T) {
	require.NoError(t, json.NewEncoder(io.Discard).Encode(append(zoo.Standard(), vectorsSpecies())))
}
