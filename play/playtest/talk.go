package playtest

import (
	"context"
	"math"
	"slices"
	"sync"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// scripted is a model that continues one of its scripts while the context is a prefix of it, and
// then ends the document.
type scripted struct {
	vocab   int
	scripts [][]lm.Token
}

func (m scripted) Vocab() int { return m.vocab }

func (m scripted) NextLogProbs(_ []float64, context []lm.Token) []float64 {
	next := lm.BOS
	for _, s := range m.scripts {
		if len(context) < len(s) && slices.Equal(context, s[:len(context)]) {
			next = s[len(context)]
		}
	}
	dst := slices.Repeat([]float64{math.Inf(-1)}, m.vocab)
	dst[next] = 0
	return dst
}

// TalkTokenizer is a tokenizer of world-talk with the special tokens of the chat template.
var TalkTokenizer = sync.OnceValues(func() (corpus.Tokenizer, error) {
	data := zoo.Data{Corpus: zoo.TalkName, Seed: 1, Tokens: 20_000}
	split, err := data.Load(context.Background(), zoo.Input{Tokenizer: "word"})
	if err != nil {
		return nil, err
	}
	tok, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return nil, err
	}
	return corpus.WithSpecials(tok, prompt.Default.Names()...)
})

// Talker returns a run of world-talk that gives the answers of the conversations. Without
// conversations it only continues text.
func Talker(name string, conversations ...[]prompt.Message) (*zoo.Run, error) {
	species, err := zoo.Standard().Find("gpt")
	if err != nil {
		return nil, err
	}
	tok, err := TalkTokenizer()
	if err != nil {
		return nil, err
	}
	layout, err := prompt.Default.Layout(tok)
	if err != nil {
		return nil, err
	}
	m := scripted{vocab: tok.Vocab()}
	c := zoo.Config{Species: "gpt", Data: zoo.Data{Corpus: zoo.TalkName, Seed: 1, SHA256: "x"}}
	for _, messages := range conversations {
		m.scripts = append(m.scripts, layout.Encode(messages).Tokens)
		c.Chat, c.Stage = &prompt.Default, &zoo.StageInfo{Kind: zoo.StageSFT}
	}
	return &zoo.Run{Dir: name, Species: species, Config: c, Tokenizer: tok, Model: m}, nil
}

// Conversation returns a question with the calculator on offer, and its answer.
func Conversation(user string, answer ...prompt.Message) []prompt.Message {
	return append([]prompt.Message{
		{Role: prompt.System, Content: prompt.Offer([]string{world.Calculator})},
		{Role: prompt.User, Content: user}}, answer...)
}
