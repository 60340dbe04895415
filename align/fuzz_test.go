package align

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// anyTokens draws up to n tokens from a small vocabulary, so that repetitions are frequent.
func anyTokens(t *rapid.T, n int, name string) []lm.Token {
	return rapid.SliceOfN(rapid.Int32Range(1, 3), 0, n).Draw(t, name)
}

// anyAnswer draws an answer, which occasionally lacks its end or contains a BOS.
func anyAnswer(t *rapid.T, name string) []lm.Token {
	switch answer := anyTokens(t, 4, name); rapid.IntRange(0, 20).Draw(t, name+" is odd") {
	case 19:
		return answer
	case 20:
		return append(answer, lm.BOS, 4)
	default:
		return append(answer, 4)
	}
}

// requireShifted tests that every target of a batch is the input that follows it, unless its row or
// its document ends there.
func requireShifted(t *rapid.T, b corpus.Batch) {
	require.NoError(t, b.Validate())
	for i, y := range b.Y {
		if y >= 0 && (i+1)%b.T != 0 && b.X[i+1] != lm.BOS {
			require.Equal(t, b.X[i+1], y)
		}
	}
}

// TestAnyConversations checks that any conversations either are refused with a one-line error or
// give a valid batch at every step, with all of their targets in an epoch.
func TestAnyConversations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []prompt.Encoded
		for range rapid.IntRange(0, 5).Draw(t, "conversations") {
			e := prompt.Encoded{Tokens: anyAnswer(t, "tokens")}
			n := len(e.Tokens)
			e.Loss = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "loss")
			if n > 0 {
				e.Loss[n-1] = true
			}
			all = append(all, e)
		}
		o := SFTOptions{Batch: rapid.IntRange(0, 3).Draw(t, "rows"),
			Context: rapid.IntRange(4, 9).Draw(t, "context"), Mask: true}
		c, err := NewConversations(all, nil, o)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		targets := 0
		var b corpus.Batch
		for step := range c.Rows() { // o.Batch epochs
			c.Batch(&b, step)
			requireShifted(t, b)
			targets += b.N
		}
		want := 0
		for _, e := range all {
			for _, loss := range e.Loss {
				if loss {
					want++
				}
			}
		}
		require.Equal(t, want*o.Batch, targets)
	})
}

// TestAnyPairs checks that any pairs either are refused with a one-line error or give a valid batch
// at every step.
func TestAnyPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pairs []Pair
		for range rapid.IntRange(0, 4).Draw(t, "pairs") {
			pairs = append(pairs, Pair{Prompt: anyTokens(t, 3, "prompt"),
				Chosen: anyAnswer(t, "chosen"), Rejected: anyAnswer(t, "rejected")})
		}
		s, err := NewPairs(pairs, nil, PairOptions{Batch: rapid.IntRange(0, 3).Draw(t, "batch"),
			Context: rapid.IntRange(6, 9).Draw(t, "context")})
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var b PairBatch
		for step := range 4 {
			s.Batch(&b, step)
			require.NoError(t, b.Validate())
			requireShifted(t, b.Batch)
		}
	})
}

// FuzzAdapterConfig checks that no configuration of an adapter makes LoadLoRA panic.
func FuzzAdapterConfig(f *testing.F) {
	f.Add([]byte(`{"peft_type":"LORA","r":2,"lora_alpha":6,"target_modules":["c_attn"]}`))
	f.Add([]byte(`{"peft_type":"LORA","r":1,"lora_alpha":1e308,` +
		`"trainable_token_indices":{"wte":[12,-1]}}`))
	f.Add([]byte(`{"peft_type":"LORA","r":1,"lora_alpha":1,"target_modules":"all-linear"}`))
	m := smallGPT(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, config []byte) {
		path := filepath.Join(dir, AdapterConfigFile)
		require.NoError(t, os.WriteFile(path, config, 0o600))
		_, err := LoadLoRA(dir, m)
		require.Error(t, err) // there are no weights
		require.Equal(t, 0, strings.Count(err.Error(), "\n"))
	})
}
