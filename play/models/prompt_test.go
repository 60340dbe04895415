package models

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// TestUnfinishedWithoutSpaces covers a prompt that ends inside a merged token of a script without
// spaces, where the last word is the whole sentence.
func TestUnfinishedWithoutSpaces(t *testing.T) {
	text := strings.Repeat("面包师\nwalking\n", 10)
	tok, err := corpus.TrainBPE([]corpus.Document{{Text: text}}, 300)
	require.NoError(t, err)
	m := &Model{Run: &zoo.Run{Tokenizer: tok}}
	for id := range lm.Token(tok.Vocab()) {
		m.Texts = append(m.Texts, tok.Decode([]lm.Token{id}))
	}
	require.Contains(t, m.Texts, "面包师")
	for prompt, unfinished := range map[string]string{
		"面包":       "面包",
		"我有一个面包":   "面包",
		"我有一个。面包":  "面包",
		"我有一个面包师":  "",
		"我有一个面包师傅": "",
		"我有一个":     "",
		"walk":     "walk",
		"sleepwal": "", // words with spaces are healed as a whole
	} {
		p := m.Read(prompt, true)
		require.Equal(t, unfinished, p.Unfinished, prompt)
		require.Equal(t, strings.TrimSuffix(prompt, unfinished), tok.Decode(p.Tokens))
	}
}
