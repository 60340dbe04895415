package train

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
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

// TestMaskedBatches: a model whose batches are not text trains in the same loop, with the same bits
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
// first checkpoints do, is accepted.
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

// huggingFaceBERT lists the names and shapes of BertForPreTraining on Hugging Face, in PyTorch's
// order.
func huggingFaceBERT(c transformer.BERTConfig) (names []string, shapes [][]int) {
	n := c.NEmbd
	add := func(name string, shape ...int) {
		names, shapes = append(names, name), append(shapes, shape)
	}
	linear := func(name string, out, in int) {
		add(name+".weight", out, in)
		add(name+".bias", out)
	}
	norm := func(name string) {
		add(name+".weight", n)
		add(name+".bias", n)
	}
	add("bert.embeddings.word_embeddings.weight", c.VocabSize, n)
	add("bert.embeddings.position_embeddings.weight", c.NPositions, n)
	add("bert.embeddings.token_type_embeddings.weight", 2, n)
	norm("bert.embeddings.LayerNorm")
	for i := range c.NLayer {
		layer := fmt.Sprintf("bert.encoder.layer.%d.", i)
		linear(layer+"attention.self.query", n, n)
		linear(layer+"attention.self.key", n, n)
		linear(layer+"attention.self.value", n, n)
		linear(layer+"attention.output.dense", n, n)
		norm(layer + "attention.output.LayerNorm")
		linear(layer+"intermediate.dense", 4*n, n)
		linear(layer+"output.dense", n, 4*n)
		norm(layer + "output.LayerNorm")
	}
	linear("bert.pooler.dense", n, n)
	add("cls.predictions.bias", c.VocabSize)
	linear("cls.predictions.transform.dense", n, n)
	norm("cls.predictions.transform.LayerNorm")
	linear("cls.seq_relationship", 2, n)
	return names, shapes
}

// TestReadsHuggingFace: a file with the names and shapes of BertForPreTraining, old or new, and
// with tensors that the model does not use, gives PyTorch's loss. The weights follow the formula of
// the golden file.
func TestReadsHuggingFace(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "transformer", "testdata", "bert.json"))
	require.NoError(t, err)
	var golden struct {
		Config     transformer.BERTConfig
		B, T       int
		X, Y, Next []int32
		Loss       float64
	}
	require.NoError(t, json.Unmarshal(data, &golden))
	for title, rename := range map[string]*strings.Replacer{
		"today": strings.NewReplacer(),
		"TensorFlow": strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias",
			"LayerNorm.beta"),
		"decoder": strings.NewReplacer("cls.predictions.bias", "cls.predictions.decoder.bias"),
	} {
		t.Run(title, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "model.safetensors")
			var tensors []safetensors.Tensor
			names, shapes := huggingFaceBERT(golden.Config)
			for k, name := range names {
				tensors = append(tensors, safetensors.Tensor{Name: rename.Replace(name),
					Shape: shapes[k], Data: wave(k, name, shapes[k])})
			}
			tensors = append(tensors,
				safetensors.Tensor{Name: "bert.embeddings.position_ids", Shape: []int{1, 2},
					Data: []float32{0, 1}},
				safetensors.Tensor{Name: "cls.predictions.decoder.weight",
					Shape: tensors[0].Shape, Data: tensors[0].Data})
			f, err := os.Create(path)
			require.NoError(t, err)
			require.NoError(t, safetensors.Write(f, map[string]string{"format": "pt"}, tensors))
			require.NoError(t, f.Close())

			m, err := transformer.NewBERT(golden.Config, rand.New(rand.NewPCG(1, 1)))
			require.NoError(t, err)
			params, err := paramsOf(m)
			require.NoError(t, err)
			require.Len(t, params, len(names), "BertForPreTraining's parameters and no others")
			_, err = LoadParams(path, m)
			require.NoError(t, err)
			b := transformer.MaskedBatch{Next: golden.Next, Batch: corpus.Batch{B: golden.B,
				T: golden.T, X: golden.X, Y: golden.Y}}
			for i := range b.Y {
				if b.Y[i] >= 0 {
					b.N++
				}
				if b.Next[i] >= 0 {
					b.Pairs++
				}
			}
			loss := m.Loss(autograd.NewForward(), b)
			require.InEpsilon(t, golden.Loss, float64(loss.Data[0]), 1e-4)
		})
	}
}

// wave returns parameter k by the formula of the golden file.
func wave(k int, name string, shape []int) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	gain := 0.0
	if strings.HasSuffix(name, "LayerNorm.weight") {
		gain = 1
	}
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(gain + 0.4*math.Sin(0.37*float64(i)+float64(k)))
	}
	return w
}
