package zoo

import "lmzoo/train"

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
// world-talk.
func (s *postTraining) recipe(parent *Run) train.Config {
	c := train.Default()
	c.Beta2, c.WeightDecay, c.Pieces = 0.98, 0.01, 4
	c.Context = maxContext
	if w, ok := parent.Model.(interface{ Window() int }); ok {
		c.Context = min(c.Context, w.Window())
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
	c.Steps = min(max(stageEpochs*s.examples()/c.Batch, fewestSteps), mostSteps)
	if s.info.Kind == StageRL {
		c.Steps = fewestSteps
	}
	c.Warmup = max(c.Steps/20, 1)
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{Share: .25}
	return c
}
