package align_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/transformer"
)

// Fine-tuning is pre-training with a mask: the rows of inputs and targets are the same, but "-"
// marks a position without loss. Two conversations share a row, and a BOS, ".", begins each.
func ExampleConversations() {
	tok, _ := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	layout, _ := prompt.Default.Layout(tok)
	say := func(user, assistant string) prompt.Encoded {
		return layout.Encode([]prompt.Message{
			{Role: prompt.User, Content: user}, {Role: prompt.Assistant, Content: assistant}})
	}
	src, _ := align.NewConversations([]prompt.Encoded{say("a", "b"), say("x y", "z")}, nil,
		align.SFTOptions{Batch: 1, Context: 18, Mask: true})
	var b corpus.Batch
	src.Batch(&b, 0)
	for _, row := range [][]lm.Token{b.X, b.Y} {
		var texts []string
		for _, t := range row {
			switch {
			case t < lm.BOS:
				texts = append(texts, "-")
			case t == lm.BOS:
				texts = append(texts, ".")
			default:
				texts = append(texts, strings.ReplaceAll(tok.Text(t), " ", "_"))
			}
		}
		fmt.Println(strings.Join(texts, " "))
	}
	// Output:
	// . [USER] _ x _ y [ASSISTANT] _ z . [USER] _ a [ASSISTANT] _ b . .
	// - - - - - - _ z [END] - - - - _ b [END] - -
}

// DPO raises the probability of the chosen answer over that of the rejected one, each relative to
// its probability under the reference.
func ExampleDPO() {
	ctx, rng := context.Background(), rand.New(rand.NewPCG(1, 1))
	policy, _ := transformer.New(transformer.Config{VocabSize: 8, NPositions: 8, NEmbd: 16,
		NLayer: 1, NHead: 2}, rng)
	const end = 7
	pairs, _ := align.NewPairs([]align.Pair{
		{Prompt: []lm.Token{1}, Chosen: []lm.Token{2, end}, Rejected: []lm.Token{3, end}},
		{Prompt: []lm.Token{4}, Chosen: []lm.Token{3, end}, Rejected: []lm.Token{2, 2, end}},
	}, nil, align.PairOptions{Batch: 2, Context: 8})
	dpo, _ := align.NewDPO(ctx, policy, pairs, align.DPOOptions{Beta: 0.5})
	show := func() {
		p, _ := dpo.Measure(ctx, pairs)
		fmt.Printf("loss %.2f, reward of chosen %.0f and rejected %.0f\n", p.Loss, p.Chosen,
			p.Rejected)
	}
	show()
	c := train.Default()
	c.Batch, c.Context, c.Steps, c.Warmup, c.LR = 2, 8, 50, 5, 1e-2
	train.Run(ctx, train.Learner[align.PairBatch](dpo), pairs, c)
	show()
	// Output:
	// loss 0.69, reward of chosen 0 and rejected 0
	// loss 0.01, reward of chosen 1 and rejected -4
}
