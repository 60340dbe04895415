package zoo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/task"
	"lmzoo/train"
	"lmzoo/transformer"
)

// Tuning describes how a task uses the models of a species.
type Tuning struct {
	Marks []string  // special tokens between and after the texts
	Pool  task.Pool // "": the mean
	Mixed bool      // mix all layers
}

// TuningStage is the name of fine-tuning in the lineage of a run.
const TuningStage = "fine-tuning"

// bodyPrefix is the prefix of the parent's parameters in a fine-tuned model.
const bodyPrefix = "body."

// FineTune returns the order of a run that learns a task on top of a parent. The run has the
// parent's model settings; values changes its training settings. If frozen is true, only the head
// learns.
func FineTune(parent *Run, info TaskInfo, frozen bool, values map[string]any) (Order, error) {
	body, err := parent.Encoder()
	if err != nil {
		return Order{}, err
	}
	if info.Lambda > 0 && !task.Predicts(body) {
		return Order{}, Misuse{fmt.Errorf("%s: %s has no auxiliary language-model loss; leave out "+
			"--aux, or choose a parent that predicts the next token", parent.Dir, parent.Title())}
	}
	sets, err := info.Load()
	if err != nil {
		return Order{}, err
	}
	tuning := parent.Species.Tuning
	if info.Pool == "" {
		info.Pool = tuning.Pool
	}
	if info.Pool == "" {
		info.Pool = task.Mean
	}
	info.Mixed = tuning.Mixed
	if err := info.Pool.Validate(); err != nil {
		return Order{}, Misuse{err}
	}
	settings := parent.Settings.Clone()
	t := tuningRecipe(len(sets.Train.Examples))
	settings.Train = &t
	if err := settings.changeTraining(values); err != nil {
		return Order{}, err
	}
	if err := settings.Train.Check(); err != nil {
		return Order{}, Misuse{err}
	}
	if info.BodyLR == 0 {
		info.BodyLR = bodyRate(len(sets.Train.Examples))
	}
	o := Order{
		Size: parent.Config.Size, Settings: settings, Data: parent.Config.Data,
		Tokenizer: parent.Tokenizer, Task: &info,
		Origin: &Origin{Run: parent, Stage: TuningStage, Prefix: bodyPrefix},
	}
	if frozen {
		o.Origin.Frozen = []string{bodyPrefix + "*"}
	}
	o.learnTask(parent.Species, sets)
	return o, nil
}

// learnTask sets the species and the training texts of an order to those of its task.
func (o *Order) learnTask(base *Species, sets TaskSets) {
	o.Species = tuned(base, o.Task, &sets)
	for _, e := range sets.Train.Examples {
		o.Split.Train = append(o.Split.Train, corpus.Document{Text: e.Text})
	}
}

// resumeTask sets the order's task to the task of an interrupted run.
func (o *Order) resumeTask(cat Catalogue, c Config) error {
	base, err := cat.Find(c.Species)
	if err != nil {
		return err
	}
	sets, err := c.Task.Load()
	if err != nil {
		return err
	}
	o.Task = c.Task
	o.learnTask(base, sets)
	return nil
}

// tuningRecipe returns the training settings for a number of labels. The settings were chosen on
// the development pool of the reviews.
func tuningRecipe(labels int) train.Config {
	c := train.Default()
	c.Batch, c.Context, c.Pieces = 32, 1, 4
	c.LR, c.MinLR, c.Beta2, c.WeightDecay = 1e-2, 5e-4, 0.98, 0.01
	c.Steps = min(max(10*labels/c.Batch, 100), 2000)
	c.Warmup = c.Steps / 10
	every := train.Every{Steps: max(c.Steps/5, 1)}
	c.EvalEvery, c.SaveEvery = every, every
	return c
}

// bodyRate returns the learning rate of the pre-trained weights. It is smaller if there are few
// labels, because large changes would overfit.
func bodyRate(labels int) float64 {
	if labels <= 50 {
		return 3e-4
	}
	return 1e-3
}

// changeTraining changes training settings and returns an error for any other setting.
func (s *Settings) changeTraining(values map[string]any) error {
	for key := range values {
		if target, _ := s.owner(key); target != any(s.Train) || key == "context" {
			return Misuse{fmt.Errorf("setting %q belongs to the parent and cannot change; leave "+
				"it out",
				key)}
		}
	}
	if err := s.Set(values); err != nil {
		return Misuse{err}
	}
	return nil
}

// tuned returns the species of runs that learn a task on top of base. sets may be nil if the run is
// only opened.
func tuned(base *Species, info *TaskInfo, sets *TaskSets) *Species {
	s := *base
	s.Title, s.Predicts = base.Title+", fine-tuned", "classes"
	s.Specials = slices.Concat(base.Specials, base.Tuning.marks(info.Pairs))
	s.Learning = &Learning{
		New: func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
			return newTuned(base, info, config, tok, rng)
		},
		Validation: Validation{"label loss", "nats per text"},
	}
	s.Learning.Start = func(model any, text *Text, c train.Config) (Training, error) {
		return startTask(model, info, sets, text, c)
	}
	return &s
}

// marks returns the special tokens for the inputs of a task. Pairs always have a special token
// between their texts.
func (t Tuning) marks(pairs bool) []string {
	if len(t.Marks) == 0 && pairs {
		return []string{transformer.SepName}
	}
	return t.Marks
}

// newTuned returns a classifier over a new model of the base species.
func newTuned(
	base *Species, info *TaskInfo, config any, tok corpus.Tokenizer, rng *rand.Rand,
) (any, error) {
	m, err := base.Learning.New(config, tok, rng)
	if err != nil {
		return nil, err
	}
	body, ok := m.(nn.Encoder)
	if !ok {
		return nil, fmt.Errorf("%s has no hidden vectors; want a parent of another species",
			base.Name)
	}
	n, err := task.New(body, len(info.Classes), info.Pool, info.Mixed, rng)
	if err != nil {
		return nil, err
	}
	n.Lambda = info.Lambda
	return n, nil
}

// startTask prepares the training on labelled texts.
func startTask(
	model any, info *TaskInfo, sets *TaskSets, text *Text, c train.Config,
) (Training, error) {
	n := model.(*task.Network)
	n.HeadRate, n.BodyRate = 1, info.BodyLR/c.LR
	texts, cut := inputs(text.Tokenizer, n, sets.Train)
	tr, err := train.NewTrainer(n, task.NewTexts(texts, c.Batch, text.Seed), c)
	if err != nil {
		return Training{}, err
	}
	t := Training{Trainer: tr}
	if cut > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of %d texts are longer than the model reads "+
			"and were cut at their ends", cut, len(texts)))
	}
	// With a limited number of labels, further labels must not be used to select the weights.
	if info.Labels == 0 && len(sets.Valid.Examples) > 0 {
		held, _ := inputs(text.Tokenizer, n, sets.Valid)
		t.Validate = func(ctx context.Context) (float64, error) { return labelLoss(ctx, n, held) }
	}
	return t, nil
}

// longestText is the maximum number of tokens of a text that a body without a context window reads.
const longestText = 1024

// inputs returns the tokens and classes of examples, and the number of examples that were cut
// because they are longer than the body reads.
func inputs(tok corpus.Tokenizer, n *task.Network, s *task.Set) (texts []task.Labelled, cut int) {
	room := longestText
	if w := lm.Window(n.Body); w > 0 {
		room = w - 1 // BOS takes one position
	}
	for _, e := range s.Examples {
		tokens, short := task.Input(tok, e, room)
		if short {
			cut++
		}
		texts = append(texts, task.Labelled{Tokens: tokens, Label: int32(s.Index(e.Label))})
	}
	return texts, cut
}

// labelLoss returns the mean −ln P of the labels.
func labelLoss(
	ctx context.Context, n *task.Network, texts []task.Labelled,
) (nats float64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	tokens := make([][]lm.Token, len(texts))
	for i, x := range texts {
		tokens[i] = x.Tokens
	}
	for i, p := range n.LogProbs(tokens) {
		nats -= p[texts[i].Label]
	}
	return nats / float64(len(texts)), nil
}

// Classifier returns the classifier of a fine-tuned run.
func (r *Run) Classifier() (task.Classifier, error) {
	n, ok := r.Model.(*task.Network)
	if !ok {
		return nil, r.unable("has not learned a task")
	}
	return classifier{r, n}, nil
}

// classifier adapts a fine-tuned run to task.Classifier.
type classifier struct {
	run *Run
	n   *task.Network
}

// Classes returns the classes of the task.
func (c classifier) Classes() []string { return c.run.Config.Task.Classes }

// LogProbs stores ln P(class | example) in dst.
func (c classifier) LogProbs(dst []float64, e task.Example) []float64 {
	one := &task.Set{Classes: c.Classes(), Examples: []task.Example{e}}
	texts, _ := inputs(c.run.Tokenizer, c.n, one)
	return append(dst[:0], c.n.LogProbs([][]lm.Token{texts[0].Tokens})[0]...)
}
