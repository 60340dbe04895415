package train

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/format/safetensors"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// bertOf returns a small BERT and the source that it learns from.
func bertOf(t testing.TB) (*transformer.BERT, *transformer.MaskedSource) {
	cfg := transformer.BERTConfig{VocabSize: 13, NPositions: 16, NEmbd: 8, NLayer: 2, NHead: 2,
		Dropout: 0.1, NSP: true}
	m, err := transformer.NewBERT(cfg, rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, err)
	var docs [][]lm.Token
	for first := range lm.Token(10) {
		doc := []lm.Token{}
		for k := range lm.Token(9) {
			doc = append(doc, 1+(first+k)%10)
		}
		docs = append(docs, append(doc, lm.BOS))
	}
	source, err := transformer.NewMaskedSource(cfg, docs, 6, 16, 1, nil)
	require.NoError(t, err)
	return m, source
}

// TestMaskedBatches: a model whose batches are not text trains in the same loop, to the same bits
// on any number of threads and after a checkpoint.
func TestMaskedBatches(t *testing.T) {
	c := testConfig()
	c.LR, c.MinLR, c.Accumulate, c.Batch, c.Context = 1e-2, 1e-3, 2, 6, 16
	run := func(threads int) (*transformer.BERT, *Trainer) {
		m, source := bertOf(t)
		c := c
		c.Threads = threads
		tr, err := NewTrainer(m, source, c)
		require.NoError(t, err)
		return m, tr
	}
	one, tr := run(1)
	walk(t, tr, 6)
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	_, before := run(3)
	walk(t, before, 3)
	require.NoError(t, before.Save(path, nil))
	two, after := run(2)
	require.NoError(t, after.Resume(path, nil))
	walk(t, after, 3)
	sameWeights(t, one, two, "resumed on other threads")
}

// TestGammaAndBeta: a file that calls the weight and bias of a LayerNorm gamma and beta, as BERT's
// first checkpoints do, is read.
func TestGammaAndBeta(t *testing.T) {
	m, _ := bertOf(t)
	params, err := paramsOf(m)
	require.NoError(t, err)
	tensors := tensorsOf("", params)
	for i, p := range tensors {
		p.Data[0] = float32(i)
		name := strings.Replace(p.Name, "LayerNorm.weight", "LayerNorm.gamma", 1)
		tensors[i].Name = strings.Replace(name, "LayerNorm.bias", "LayerNorm.beta", 1)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, safetensors.Write(f, nil, tensors))
	require.NoError(t, f.Close())
	twin, _ := bertOf(t)
	_, err = LoadParams(path, twin)
	require.NoError(t, err)
	sameWeights(t, m, twin, "loaded")
}
