package align

import (
	"crypto/sha256"
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
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/train"
	"lmzoo/transformer"
)

var loraOptions = LoRAOptions{Rank: 2, Alpha: 6, Tokens: []lm.Token{user, assistant, end}}

// newLoRA returns a LoRA over m whose B is not zero, so that every part matters.
func newLoRA(t testing.TB, m Policy, o LoRAOptions) *LoRA {
	t.Helper()
	l, err := NewLoRA(m, o, rand.New(rand.NewPCG(5, 5)))
	require.NoError(t, err)
	return nntest.Loud(l)
}

func sftBatch(t testing.TB) (b corpus.Batch) {
	conversations(t, someConversations(), SFTOptions{Batch: 2, Context: 24, Mask: true}).Batch(&b,
		0)
	return b
}

func hashOf(model any) string {
	sum := sha256.New()
	for _, p := range nn.Params(model) {
		for _, x := range p.Data {
			fmt.Fprintf(sum, "%x ", math.Float32bits(x))
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func lossOf(m Policy, b corpus.Batch) float32 { return m.Loss(autograd.NewForward(), b).Data[0] }

// TestLoRAStartsAsItsBase checks that a new LoRA, whose B is zero, has the same loss as its base,
// bit for bit.
func TestLoRAStartsAsItsBase(t *testing.T) {
	for name, m := range policies(t) {
		l, err := NewLoRA(m, loraOptions, rand.New(rand.NewPCG(5, 5)))
		require.NoError(t, err)
		require.Equal(t, lossOf(m, sftBatch(t)), lossOf(l, sftBatch(t)), name)
	}
}

// TestLoRAGradients checks that the gradients of A, B and the rows of tokens are slopes, in SFT, in
// DPO with both anchors and in a reward model, which call the model differently.
func TestLoRAGradients(t *testing.T) {
	for name, m := range tinyPolicies(t) {
		t.Run(name, func(t *testing.T) {
			o := loraOptions
			o.Rank, o.Layers = 1, []string{"c_attn", "c_proj"}
			if name == "llama" {
				o.Layers = []string{"q_proj", "v_proj", "down_proj"}
			}
			l := newLoRA(t, m, o)
			nntest.CheckSlopes(t, l, func(tape *autograd.Tape) *autograd.Tensor {
				return l.Loss(tape, sftBatch(t))
			})
			s := newPairs(t, somePairs()[:2], rawText(t, 1, 8), 2)
			d, err := NewDPO(t.Context(), l, s, DPOOptions{Beta: 0.3, NLL: 0.2, Rehearse: 0.5})
			require.NoError(t, err)
			var b PairBatch
			s.Batch(&b, 0)
			nntest.CheckSlopes(t, l, func(tape *autograd.Tape) *autograd.Tensor {
				return d.Loss(tape, b)
			})
			r := rewardOf(t, l)
			nntest.CheckSlopes(t, r, func(tape *autograd.Tape) *autograd.Tensor {
				return r.Loss(tape, b)
			})
		})
	}
}

// TestLoRATrains checks that the loss falls, that the frozen weights keep every bit, and that any
// number of threads gives the same bits, because replicas do not share the changed matrices.
func TestLoRATrains(t *testing.T) {
	for name := range policies(t) {
		t.Run(name, func(t *testing.T) {
			run := func(threads int) string {
				m := policies(t)[name]
				before := hashOf(m)
				l, err := NewLoRA(m, loraOptions, rand.New(rand.NewPCG(5, 5)))
				require.NoError(t, err)
				c := sftConfig(60)
				c.Threads = threads
				first := lossOf(l, sftBatch(t))
				_, err = train.Run(t.Context(), train.Learner[corpus.Batch](l),
					conversations(t, someConversations(), SFTOptions{Batch: 4, Context: 24,
						Mask: true}), c)
				require.NoError(t, err)
				require.Less(t, lossOf(l, sftBatch(t)), first/2)
				require.Equal(t, before, hashOf(m), "the base has changed")
				for _, p := range nn.Params(l) {
					if strings.HasSuffix(p.Name, "lora_B.weight") {
						require.NotZero(t, p.Data[0], p.Name)
					}
				}
				return hashOf(l)
			}
			require.Equal(t, run(1), run(3))
		})
	}
}

// TestMergeIsTheAdapter checks that the merged model has the same logits, also after the adapter or
// the merged model has been saved and opened.
func TestMergeIsTheAdapter(t *testing.T) {
	for name, m := range policies(t) {
		t.Run(name, func(t *testing.T) {
			l := newLoRA(t, m, loraOptions)
			context := []lm.Token{user, 3, 4, assistant, 5}
			layers := l.Hidden(autograd.NewForward(), corpus.Batch{B: 1, T: 6,
				X: append([]lm.Token{lm.BOS}, context...)})
			want := make([]float64, m.Vocab())
			for v := range want {
				h := layers[len(layers)-1]
				tape := autograd.NewForward()
				want[v] = float64(l.HeadLogProbs(tape, tape.Const(1, h.Cols, h.Row(5)),
					[]lm.Token{lm.Token(v)}).Data[0])
			}
			same := func(m lm.Model) {
				t.Helper()
				require.InDeltaSlice(t, want, m.NextLogProbs(nil, context), 1e-6)
			}
			same(l)
			merged := l.Merge()
			same(merged)
			require.NotEqual(t, lossOf(m, sftBatch(t)), lossOf(merged, sftBatch(t)))
			require.InDelta(t, lossOf(l, sftBatch(t)), lossOf(merged, sftBatch(t)), 1e-6)
			require.InDeltaSlice(t, lm.Score(l, context), lm.Score(merged, context), 1e-6)
			require.InDeltaSlice(t, lm.Start(merged).NextLogProbs(nil),
				lm.Start(l).NextLogProbs(nil), 1e-6)

			dir := t.TempDir()
			require.NoError(t, l.Save(dir, "base"))
			opened, err := LoadLoRA(dir, m)
			require.NoError(t, err)
			require.Equal(t, hashOf(l), hashOf(opened))
			same(opened)

			path := filepath.Join(dir, "model.safetensors")
			require.NoError(t, train.SaveParams(path, merged, nil))
			other := policies(t)[name]
			_, err = train.LoadParams(path, other)
			require.NoError(t, err)
			same(other)

			before := lossOf(l, sftBatch(t))
			for _, p := range nn.Params(merged) {
				clear(p.Data)
			}
			require.Equal(t, before, lossOf(l, sftBatch(t)), "merging shares memory")
		})
	}
}

// TestPEFTNames checks that the names and shapes are those of PEFT over GPT2LMHeadModel and
// LlamaForCausalLM.
func TestPEFTNames(t *testing.T) {
	shapes := func(l *LoRA) map[string]string {
		out := map[string]string{}
		for _, p := range nn.Params(l) {
			out[p.Name] = fmt.Sprint(p.Rows, "×", p.Cols)
		}
		return out
	}
	got := shapes(newLoRA(t, smallGPT(t), loraOptions))
	require.Len(t, got, 2*2*4+1)
	prefix := "base_model.model.transformer."
	require.Equal(t, "2×8", got[prefix+"h.0.attn.c_attn.lora_A.weight"])
	require.Equal(t, "24×2", got[prefix+"h.0.attn.c_attn.lora_B.weight"])
	require.Equal(t, "2×32", got[prefix+"h.1.mlp.c_proj.lora_A.weight"])
	require.Equal(t, "3×8", got[prefix+"wte.token_adapter.trainable_tokens_delta"])

	got = shapes(newLoRA(t, smallLlama(t), loraOptions))
	require.Len(t, got, 2*2*7+1)
	prefix = "base_model.model.model."
	require.Equal(t, "2×8", got[prefix+"layers.0.self_attn.k_proj.lora_A.weight"])
	require.Equal(t, "4×2", got[prefix+"layers.0.self_attn.k_proj.lora_B.weight"])
	require.Equal(t, "3×8", got[prefix+"embed_tokens.token_adapter.trainable_tokens_delta"])

	dir := t.TempDir()
	require.NoError(t, newLoRA(t, smallGPT(t), loraOptions).Save(dir, "runs/base"))
	text, err := os.ReadFile(filepath.Join(dir, AdapterConfigFile))
	require.NoError(t, err)
	for _, want := range []string{`"peft_type": "LORA"`, `"r": 2`, `"lora_alpha": 6`,
		`"fan_in_fan_out": true`, `"wte": [`, `"c_attn",`,
		`"base_model_name_or_path": "runs/base"`} {
		require.Contains(t, string(text), want)
	}
}

// TestUntiedRows checks that the rows of new tokens are trained in both tables if the output layer
// has its own weights.
func TestUntiedRows(t *testing.T) {
	cfg := smallGPT(t).Config
	cfg.UntiedHead = true
	m := nntest.Build(t, transformer.New, cfg)
	l := newLoRA(t, m, loraOptions)
	require.Len(t, l.Rows, 2)
	require.Equal(t, "lm_head", l.Rows[1].Name[len(l.Rows[1].Name)-7:])
	dir := t.TempDir()
	require.NoError(t, l.Save(dir, "base"))
	opened, err := LoadLoRA(dir, m)
	require.NoError(t, err)
	require.Equal(t, hashOf(l), hashOf(opened))
}

// TestAdapterOfAnotherBase checks that an adapter for other weights or another vocabulary is
// refused, and that other values in the trained rows make no difference.
func TestAdapterOfAnotherBase(t *testing.T) {
	m := smallGPT(t)
	dir := t.TempDir()
	require.NoError(t, newLoRA(t, m, loraOptions).Save(dir, "base"))

	m.WTE.Weight.Row(int(end))[0]++
	_, err := LoadLoRA(dir, m)
	require.NoError(t, err)
	m.WTE.Weight.Row(3)[0]++
	_, err = LoadLoRA(dir, m)
	require.ErrorContains(t, err, "fingerprint")
	require.ErrorContains(t, err, AdapterFile)

	cfg := m.Config
	cfg.VocabSize++
	larger, err := transformer.New(cfg, nntest.Rand())
	require.NoError(t, err)
	_, err = LoadLoRA(dir, larger)
	require.ErrorContains(t, err, "fingerprint")
	_, err = LoadLoRA(dir, smallLlama(t))
	require.ErrorContains(t, err, `no linear layer named "c_attn"`)
}

// TestTokenList checks that the rows of the embedding may also be a list, as PEFT writes it.
func TestTokenList(t *testing.T) {
	l, dir := newLoRA(t, smallGPT(t), loraOptions), t.TempDir()
	require.NoError(t, l.Save(dir, "base"))
	config := fmt.Sprintf(`{"peft_type":"LORA","r":2,"lora_alpha":6,"bias":"none",`+
		`"trainable_token_indices":[%d,%d,%d],"modules_to_save":null}`, user, assistant, end)
	path := filepath.Join(dir, AdapterConfigFile)
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	opened, err := LoadLoRA(dir, smallGPT(t))
	require.NoError(t, err)
	require.Equal(t, hashOf(l), hashOf(opened))
}

func TestLoRAErrors(t *testing.T) {
	m := smallGPT(t)
	for want, change := range map[string]func(*LoRAOptions){
		"rank is 0 and":                  func(o *LoRAOptions) { o.Rank = 0 },
		"rank is 9; want 1 to 8":         func(o *LoRAOptions) { o.Rank = 9 },
		"alpha is 0;":                    func(o *LoRAOptions) { o.Alpha = 0 },
		"alpha is 1e+308;":               func(o *LoRAOptions) { o.Alpha = 1e308 },
		"alpha is NaN;":                  func(o *LoRAOptions) { o.Alpha = math.NaN() },
		`no linear layer named "q_proj"`: func(o *LoRAOptions) { o.Layers = []string{"q_proj"} },
		"token 16 is not in":             func(o *LoRAOptions) { o.Tokens = []lm.Token{16} },
	} {
		o := loraOptions
		change(&o)
		_, err := NewLoRA(m, o, nntest.Rand())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := NewLoRA(newTable(8), LoRAOptions{Rank: 1, Alpha: 1}, nntest.Rand())
	require.ErrorContains(t, err, "no linear layer")

	dir := t.TempDir()
	_, err = LoadLoRA(dir, m)
	require.ErrorIs(t, err, os.ErrNotExist)
	for config, want := range map[string]string{
		`{`:                                    "unexpected end",
		`{"peft_type":"IA3"}`:                  `peft_type is "IA3"`,
		`{"peft_type":"LORA","use_dora":true}`: "variant",
		`{"peft_type":"LORA","bias":"all"}`:    "biases",
		`{"peft_type":"LORA","r":2,"lora_alpha":1}`:                        AdapterFile,
		`{"peft_type":"LORA","r":0,"lora_alpha":1}`:                        "rank is 0",
		`{"peft_type":"LORA","r":"2"}`:                                     "r of type int",
		`{"peft_type":"LORA","trainable_token_indices":{"a":[1],"b":[2]}}`: "differ between",
	} {
		path := filepath.Join(dir, AdapterConfigFile)
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		_, err = LoadLoRA(dir, m)
		require.ErrorContains(t, err, want, config)
	}
}
