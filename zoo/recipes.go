package zoo

import (
	"slices"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/train"
)

// The number of times that a stage reads its examples, and the bounds on its number of steps.
const (
	stageEpochs = 20
	fewestSteps = 100
	mostSteps   = 2000
)

// maxContext bounds the length of rows of conversations for a model with a long or unlimited
// window.
const maxContext = 256

// recipe returns the training settings of a stage on a user's own file. They follow the recipe for
// world-talk. pace sets the number of steps.
func (s *postTraining) recipe(parent *Run) train.Config {
	c := train.Default()
	c.Beta2, c.WeightDecay, c.Pieces = 0.98, 0.01, 4
	c.Context = maxContext
	if w := lm.Window(parent.Model); w > 0 {
		c.Context = min(c.Context, w)
	}
	if s.talk != nil {
		return s.talkRecipe(c)
	}
	switch s.info.Kind {
	case StageSFT:
		c.Batch, c.LR, c.MinLR = 16, 1e-3, 1e-5
	case StageReward:
		c.Batch, c.LR, c.MinLR = 16, 5e-4, 5e-6
	case StageDPO:
		c.Batch, c.LR, c.MinLR, c.WeightDecay = 16, 2e-4, 2e-5, 0
	case StageRL:
		c.Batch, c.LR, c.MinLR = 16, 3e-4, 3e-5
	}
	c.Steps = fewestSteps
	c.Warmup = c.Steps / 20
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{Share: .25}
	return c
}

// pace sets the steps, the warm-up and the batch of a stage on a user's own file, so that the stage
// reads its examples about stageEpochs times. It leaves the settings in values unchanged. A step of
// supervised fine-tuning reads rows of several conversations, so a small set of conversations gets
// small batches rather than few steps.
func (s *postTraining) pace(c *train.Config, values map[string]any, tok corpus.Tokenizer) error {
	given := func(key string) bool { _, ok := values[key]; return ok }
	if s.talk != nil || s.info.Kind == StageRL {
		return nil
	}
	rows, perStep := len(s.preferences), c.Batch // pairs, which do not share rows
	if s.info.Kind == StageSFT {
		var err error
		if rows, err = s.conversationRows(c.Context, tok); err != nil {
			return err
		}
		for !given("batch") && c.Batch > 2 &&
			stageEpochs*rows <= fewestSteps*s.info.conversationsOf(c.Batch-1) {
			c.Batch--
		}
		perStep = s.info.conversationsOf(c.Batch)
	}
	if !slices.ContainsFunc([]string{"steps", "budget", "flops"}, given) {
		c.Steps = min(max(stageEpochs*rows/perStep, fewestSteps), mostSteps)
	}
	if !given("warmup") && c.Steps > 0 {
		c.Warmup = max(c.Steps/20, 1)
	}
	return nil
}

// conversationsOf returns the number of rows of a batch that hold conversations.
func (i StageInfo) conversationsOf(batch int) int {
	return batch - align.SFTOptions{Batch: batch, Rehearse: i.Rehearse}.Rehearsed()
}

// conversationRows returns the number of rows that hold the conversations.
func (s *postTraining) conversationRows(context int, tok corpus.Tokenizer) (int, error) {
	layout, err := s.chat.Layout(tok)
	if err != nil {
		return 0, err
	}
	encoded, err := encodeConversations(s.file, layout, s.conversations, context)
	if err != nil {
		return 0, err
	}
	docs := make([][]lm.Token, len(encoded))
	for i, e := range encoded {
		docs[i] = e.Tokens
	}
	rows, err := corpus.NewWindows(docs, 1, context, s.info.Seed)
	if err != nil {
		return 0, Misuse{err}
	}
	return rows.Rows(), nil
}
