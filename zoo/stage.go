package zoo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/suggest"
	"lmzoo/train"
)

// The kinds of stages after pre-training, in their usual order.
const (
	StageSFT    = "sft"
	StageReward = "reward"
	StageDPO    = "dpo"
	StageRL     = "rl"
)

// StageKinds lists the kinds of stages.
func StageKinds() []string { return []string{StageSFT, StageReward, StageDPO, StageRL} }

// StageInfo is the stage of post-training that made a run, as recorded in config.json.
type StageInfo struct {
	Kind   string `json:"kind"`             // one of StageKinds
	Data   string `json:"data"`             // absolute path of a .jsonl file, or a generated corpus
	SHA256 string `json:"sha256,omitempty"` // hash of the data
	Seed   uint64 `json:"seed"`             // random seed of the draw of the examples
	// Examples is the number of examples of a generated corpus, or the number of lines to draw from
	// a file (0: all).
	Examples int `json:"examples,omitempty"`
	// Held is the share of the examples that are held out for validation.
	Held float64 `json:"held,omitempty"`
	// Rehearse is the share of rows with pre-training text (sft), or the weight of the loss on that
	// text (dpo, rl).
	Rehearse float64 `json:"rehearse,omitempty"`
	Unmasked bool    `json:"unmasked,omitempty"` // sft: loss on the user's tokens, too

	LoRA   *LoRAInfo `json:"lora,omitempty"`
	Center float64   `json:"center,omitempty"` // reward: weight of the mean square

	DPO *align.DPOOptions `json:"dpo,omitempty"`
	RL  *RLInfo           `json:"rl,omitempty"`

	extent string // description of the size of the data
}

// check reports the first invalid setting.
func (i StageInfo) check() error {
	switch {
	case i.Kind == StageSFT && !(i.Rehearse >= 0 && i.Rehearse < 1):
		return fmt.Errorf("rehearse is %v; want a share of rows in [0, 1), such as 0.25",
			i.Rehearse)
	case i.Kind == StageReward && !(i.Center >= 0 && i.Center <= 1000):
		return fmt.Errorf("center is %v; want a weight in [0, 1000], such as 0.001", i.Center)
	case i.DPO != nil:
		o := *i.DPO
		o.Rehearse = i.Rehearse
		return o.Check()
	case i.RL != nil && i.RL.Reward == "":
		return errors.New("reinforcement learning needs a reward; add --reward RUN, or --reward " +
			"cmd:PROGRAM")
	case i.RL != nil:
		o := i.RL.RLOptions
		o.Rehearse = i.Rehearse
		return o.Check()
	}
	return nil
}

// checkStage returns an error if the configuration of a run of a stage lacks a field.
func (c Config) checkStage() error {
	missing := ""
	switch i := c.Stage; {
	case c.Chat == nil || c.Parent == nil:
		missing = "chat and parent"
	case !slices.Contains(StageKinds(), i.Kind):
		return suggest.Unknown("stage", i.Kind, StageKinds())
	case i.Kind == StageDPO && i.DPO == nil:
		missing = "stage.dpo"
	case i.Kind == StageRL && i.RL == nil:
		missing = "stage.rl"
	default:
		return nil
	}
	return fmt.Errorf("a run of a stage needs the fields %s; restore them, or train again with "+
		"--overwrite", missing)
}

// title describes the stage after the title of a species.
func (i StageInfo) title() string {
	switch i.Kind {
	case StageSFT:
		return "SFT"
	case StageReward:
		return "reward model"
	case StageRL:
		return "RL"
	}
	return "DPO"
}

// hash identifies the stage. It uses the hashes of the data, a reward model and tables in place of
// their paths.
func (i StageInfo) hash() string {
	i.Data = ""
	if i.RL != nil {
		i.RL = i.RL.hashed()
	}
	data, err := json.Marshal(i)
	if err != nil {
		return "" // this never happens for a StageInfo
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// StageOrder returns the order of a run that post-trains a parent. The run has the parent's model
// settings and text; values changes its training settings. in reads the parent's text, which only
// rehearsal needs.
func (cat Catalogue) StageOrder(
	ctx context.Context, parent *Run, info StageInfo, values map[string]any, in Input,
) (Order, error) {
	if !slices.Contains(StageKinds(), info.Kind) {
		return Order{}, Misuse{suggest.Unknown("stage", info.Kind, StageKinds())}
	}
	if err := info.check(); err != nil {
		return Order{}, Misuse{err}
	}
	if _, err := parent.LM(); err != nil {
		return Order{}, err
	}
	chat := parent.Config.Chat
	switch {
	case chat == nil && (info.Kind == StageDPO || info.Kind == StageRL):
		return Order{}, parent.silent()
	case chat == nil:
		chat = &prompt.Default
	}
	if info.LoRA != nil {
		lora := *info.LoRA
		lora.Vocab = parent.Tokenizer.Vocab()
		info.LoRA = &lora
	}
	s := &postTraining{info: &info, chat: chat, cat: cat, data: parent.Config.Data,
		parent: parent}
	if err := s.load(ctx); err != nil {
		return Order{}, err
	}
	if info.RL != nil {
		info.RL.Prompts = min(info.RL.Prompts, len(s.prompts))
	}
	if err := parent.canBeTaught(); err != nil {
		return Order{}, err
	}
	base, err := cat.Find(parent.Species.Name)
	if err != nil {
		return Order{}, err
	}
	o := Order{
		Species: s.species(base), Size: parent.Config.Size, Data: parent.Config.Data,
		Tokenizer: parent.Tokenizer, Stage: &info, Chat: chat, Settings: parent.Settings.Clone(),
		Origin: &Origin{Run: parent, Stage: info.Kind},
	}
	if info.Kind == StageReward {
		o.Origin.Prefix = bodyPrefix
	}
	recipe := s.recipe(parent)
	o.Settings.Train = &recipe
	if err := o.Settings.changeStage(values, lm.Window(parent.Model)); err != nil {
		return Order{}, err
	}
	tok, err := o.Species.Extend(parent.Tokenizer)
	if err != nil {
		return Order{}, err
	}
	if err := recipe.Check(); err != nil {
		return Order{}, Misuse{err}
	}
	if err := s.pace(&recipe, values, tok); err != nil {
		return Order{}, err
	}
	if err := o.Species.Check(o.Settings); err != nil {
		return Order{}, err
	}
	return o, o.rehearse(ctx, in)
}

// canBeTaught returns an error if no stage can start from the run.
func (r *Run) canBeTaught() error {
	_, causal := r.Model.(lm.Model)
	why := ""
	switch {
	case !r.Species.IsNeural():
		why = "is not trained step by step"
	case !causal:
		why = "reads in both directions"
	default:
		return nil
	}
	return Misuse{fmt.Errorf("%s: %s %s; want a run of a neural model that reads forwards, such "+
		"as: lmzoo train gpt", r.Dir, r.Title(), why)}
}

// changeStage changes training settings and returns an error for any other setting. The window of
// the model stays, even if the rows are shorter.
func (s *Settings) changeStage(values map[string]any, window int) error {
	for key := range values {
		if target, _ := s.owner(key); target != any(s.Train) {
			return Misuse{fmt.Errorf("setting %q belongs to the parent and cannot change; leave "+
				"it out", key)}
		}
	}
	model := s.Clone().Model
	if err := s.Set(values); err != nil {
		return Misuse{err}
	}
	s.Model = model
	if c := s.Train.Context; window > 0 && c > window {
		return Misuse{fmt.Errorf("context is %d; want at most %d, the window of the model", c,
			window)}
	}
	return nil
}

// rehearse reads the pre-training text if the stage rehearses it.
func (o *Order) rehearse(ctx context.Context, in Input) error {
	if o.Stage.Rehearse == 0 {
		return nil
	}
	in.Tokenizer = o.Tokenizer.Name()
	split, err := o.Data.Load(ctx, in)
	if err == nil && len(split.Train) == 0 {
		err = emptyTraining(o.Data.Corpus)
	}
	if err != nil {
		return fmt.Errorf("the text to rehearse: %w; or leave it out with --rehearse 0", err)
	}
	o.Split = corpus.Split{Train: split.Train}
	return nil
}

// resumeStage sets the order's stage to the stage of an interrupted run. It reads the parent's
// weights again, because the stage compares its model with them.
func (o *Order) resumeStage(ctx context.Context, cat Catalogue, c Config, stdin io.Reader) error {
	base, err := cat.Find(c.Species)
	if err != nil {
		return err
	}
	s := &postTraining{info: c.Stage, chat: c.Chat, cat: cat, data: c.Data}
	if err := c.Stage.check(); err != nil {
		return fmt.Errorf("%s: stage: %w", filepath.Join(o.Dir, ConfigFile), err)
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	o.Stage, o.Chat, o.Species = c.Stage, c.Chat, s.species(base)
	if o.Origin, err = cat.origin(*c.Parent); err != nil {
		return fmt.Errorf("cannot resume: %w", err)
	}
	s.parent = o.Origin.Run
	return o.rehearse(ctx, Input{Stdin: stdin})
}

// postTraining is a stage with its data.
type postTraining struct {
	info *StageInfo
	chat *prompt.Template
	cat  Catalogue
	data Data // data of the pre-training
	// parent is the run that the stage starts from; nil if the run is only opened
	parent *Run
	stageData
}

// staged returns the species of a run that a stage made, without its data.
func staged(base *Species, c Config) *Species {
	return (&postTraining{info: c.Stage, chat: c.Chat}).species(base)
}

// species returns the species of the runs of a stage: the base with the special tokens of a
// conversation and the training of the stage.
func (s *postTraining) species(base *Species) *Species {
	twin := *base
	twin.Title = base.Title + ", " + s.info.title()
	twin.Label = nil
	if label := base.Label; label != nil {
		twin.Label = func(config any) string { return label(config) + ", " + s.info.title() }
	}
	twin.Specials = slices.Concat(base.Specials, s.chat.Names())
	learning := &Learning{New: base.Learning.New, Start: s.start,
		Validation: Validation{"answer loss", "nats/token"}}
	switch s.info.Kind {
	case StageReward:
		twin.Predicts = "rewards of answers"
		learning.New = s.newReward(base)
		learning.Validation = Validation{"pair loss", "nats per pair"}
	case StageDPO:
		learning.Validation = Validation{"pair loss", "nats per pair"}
	}
	twin.Learning = learning
	return &twin
}

// start prepares the training.
func (s *postTraining) start(model any, text *Text, c train.Config) (Training, error) {
	layout, err := s.chat.Layout(text.Tokenizer)
	if err != nil {
		return Training{}, err
	}
	if m, ok := model.(*align.Reward); ok {
		return s.startReward(m, layout, text, c)
	}
	if s.info.Kind == StageSFT && s.info.LoRA == nil { // any causal model
		return s.startSFT(model, layout, text, c)
	}
	base, ok := model.(align.Policy)
	if !ok {
		return Training{}, Misuse{fmt.Errorf("lmzoo %s trains a transformer; want a run of gpt or "+
			"llama", s.info.Kind)}
	}
	policy, err := s.adapt(base, text.Seed)
	if err != nil {
		return Training{}, err
	}
	t, err := s.startPolicy(policy, base, layout, text, c)
	t.Adapter, _ = policy.(*align.LoRA)
	return t, err
}

// startPolicy prepares the training of a policy; base is the policy without an adapter.
func (s *postTraining) startPolicy(
	policy, base align.Policy, layout *prompt.Layout, text *Text, c train.Config,
) (Training, error) {
	switch s.info.Kind {
	case StageSFT:
		return s.startSFT(policy, layout, text, c)
	case StageDPO:
		return s.startDPO(policy, layout, text, c)
	}
	return s.startRL(policy, base, layout, text, c)
}

// Layout returns the chat template of a run over its tokens.
func (r *Run) Layout() (*prompt.Layout, error) {
	if r.Config.Chat == nil {
		return nil, r.silent()
	}
	return r.Config.Chat.Layout(r.Tokenizer)
}

// silent returns the error for a run that only continues text.
func (r *Run) silent() error {
	return Misuse{fmt.Errorf("%s: %s has not learned to answer; teach it with: lmzoo sft --from "+
		"%s --data FILE.jsonl", filepath.Clean(r.Dir), r.Title(), r.Dir)}
}

// Extent describes the size of the data of a loaded stage.
func (i StageInfo) Extent() string { return i.extent }
