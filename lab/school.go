package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/nn"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/zoo"
)

const (
	schoolConversations = 24_000
	schoolStream        = 0x5c
)

// schooled returns a pupil of the same base that was fine-tuned on the answers of another
// annotator, with the settings of the pipeline; steps = 0 stands for its number of steps.
func (p *pupil) schooled(
	ctx context.Context, by world.Annotator, steps, questions int,
) (*pupil, error) {
	info := zoo.PipelineInfo("sft")
	c, err := p.recipe(ctx, info)
	if err != nil {
		return nil, err
	}
	if steps > 0 {
		c.Steps = steps
		c.Warmup = min(c.Warmup, steps/4)
	}
	model, err := p.unschooled()
	if err != nil {
		return nil, err
	}
	var examples []prompt.Encoded
	for _, x := range align.TalkConversations(p.talk, by, p.rng(schoolStream),
		schoolConversations) {
		examples = append(examples, p.layout.Encode(x.Messages))
	}
	o := align.SFTOptions{Batch: c.Batch, Context: c.Context, Rehearse: info.Rehearse,
		Mask: true, Seed: p.seed}
	raw, err := p.rehearsal(o.Rehearsed())
	if err != nil {
		return nil, err
	}
	src, err := align.NewConversations(examples, raw, o)
	if err != nil {
		return nil, err
	}
	if _, err := train.Run(ctx, model, src, c); err != nil {
		return nil, err
	}
	twin := *p
	twin.model = model
	twin.start, err = twin.board(ctx, model, questions, 1)
	return &twin, err
}

// unschooled returns the base of the pupil with new embeddings for the special tokens.
func (p *pupil) unschooled() (align.Policy, error) {
	old := map[string][]float32{}
	for _, t := range nn.Params(p.base.Model) {
		old[t.Name] = t.Tensor.Data
	}
	model := p.copy()
	rng := rand.New(rand.NewPCG(p.seed, schoolStream))
	for _, t := range nn.Params(model) {
		data, ok := old[t.Name]
		if !ok || len(data) > len(t.Tensor.Data) {
			return nil, fmt.Errorf("the base has %d numbers of %s; want at most %d", len(data),
				t.Name, len(t.Tensor.Data))
		}
		copy(t.Tensor.Data, data)
		for i := len(data); i < len(t.Tensor.Data); i++ {
			t.Tensor.Data[i] = newVector * float32(rng.NormFloat64())
		}
	}
	return model, nil
}

const newVector = .1 // standard deviation
