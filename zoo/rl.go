package zoo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// RLInfo holds the settings of reinforcement learning.
type RLInfo struct {
	align.RLOptions
	// Reward is WorldReward, the directory of a reward model, or "cmd:" and a program with its
	// arguments.
	Reward string `json:"reward"`
	// RewardFingerprint identifies the reward model.
	RewardFingerprint string `json:"reward_fingerprint,omitempty"`
	// Tools lists the tools that the answers may call, except the tools of world-talk.
	Tools []ToolInfo `json:"tools,omitempty"`
}

// rewardModel returns the directory of the reward model of a stage, or "" if it has none.
func (i *StageInfo) rewardModel() string {
	if i == nil || i.RL == nil || i.RL.Reward == WorldReward ||
		strings.HasPrefix(i.RL.Reward, ProgramReward) {
		return ""
	}
	return i.RL.Reward
}

// hashed returns the settings with hashes in place of paths.
func (i RLInfo) hashed() *RLInfo {
	if i.RewardFingerprint != "" {
		i.Reward = ""
	}
	i.Tools = slices.Clone(i.Tools)
	for k := range i.Tools {
		i.Tools[k].Table = ""
	}
	return &i
}

// The forms of RLInfo.Reward other than the directory of a reward model.
const (
	WorldReward   = "world" // the exact checker of world-talk
	ProgramReward = "cmd:"
)

// startRL prepares reinforcement learning. The policy still has the parent's weights, from which
// the KL divergence is measured.
func (s *postTraining) startRL(
	policy, base align.Policy, layout *prompt.Layout, text *Text, c train.Config,
) (Training, error) {
	o := s.info.RL.RLOptions
	o.Seed, o.Rehearse = text.Seed, s.info.Rehearse
	task := align.RLTask{Policy: policy, Ends: []lm.Token{layout.End}, Result: layout.Result}
	scorer, end, err := s.scorer(layout, text.Tokenizer)
	if err != nil {
		return Training{}, err
	}
	task.Scorer = scorer
	task.Insert = s.insertTools(layout)
	if policy != base {
		task.Reference = base // an adapter starts as the same function and does not change base
	}
	task.Prompts = s.rlPrompts(layout)
	if o.Rehearse > 0 {
		if task.Raw, err = rehearsal(max(c.Batch, 1), text, c); err != nil {
			return Training{}, err
		}
	}
	rl, err := align.NewRL(text.ctx, task, o, c)
	if err != nil {
		return Training{}, Misuse{err}
	}
	tr, err := train.NewTrainerOf(rl, c)
	return Training{Trainer: tr, Rollout: rl.Report, Close: end}, err
}

// insertTools returns the function that runs the calls of an answer.
func (s *postTraining) insertTools(
	layout *prompt.Layout,
) func(context.Context, *align.Rollout) ([]lm.Token, error) {
	if s.talk != nil {
		return align.InsertTools(layout, align.TalkTools(s.talk.world))
	}
	return align.InsertUserTools(layout, s.tools)
}

// rlPrompts returns the prompts of the data, with their lines.
func (s *postTraining) rlPrompts(layout *prompt.Layout) []align.RLPrompt {
	var all []align.RLPrompt
	for _, c := range s.prompts {
		all = append(all, align.RLPrompt{Tokens: layout.Prompt(c.Messages),
			Name: fmt.Sprintf("%s: line %d", s.file, c.Line)})
	}
	return all
}

// scorer returns the reward and a function that stops its program.
func (s *postTraining) scorer(
	layout *prompt.Layout, tok corpus.Tokenizer,
) (align.Scorer, func() error, error) {
	nothing := func() error { return nil }
	reward := s.info.RL.Reward
	if command, ok := strings.CutPrefix(reward, ProgramReward); ok {
		return s.programScorer(strings.Fields(command), layout, tok)
	}
	if reward == WorldReward && s.talk != nil {
		return align.TalkScorer(s.talk.world, layout, s.talk.questions), nothing, nil
	}
	if reward == WorldReward {
		return nil, nil, Misuse{fmt.Errorf("the reward world is the checker of %s; for data of "+
			"your own, want a reward model or cmd:PROGRAM", TalkName)}
	}
	r, err := s.cat.Open(reward)
	if err != nil {
		return nil, nil, err
	}
	m, err := r.RewardModel()
	if err != nil {
		return nil, nil, err
	}
	if err := extends(r.Tokenizer, tok); err != nil {
		return nil, nil, Misuse{fmt.Errorf("%s cannot be the reward: %w", reward, err)}
	}
	print, err := r.Fingerprint()
	if err != nil {
		return nil, nil, err
	}
	if was := s.info.RL.RewardFingerprint; was != "" && was != print {
		return nil, nil, fmt.Errorf("the reward model %s has changed since the run was started; "+
			"restore it, or train again with --overwrite", reward)
	}
	s.info.RL.RewardFingerprint = print
	return align.Complete{Scorer: m, Truncated: truncatedReward}, nothing, nil
}

// truncatedReward is the reward of a truncated answer when a reward model, whose rewards are near
// 0, scores the others.
const truncatedReward = -3

// programTime bounds the time of a user's program per answer.
const programTime = 10 * time.Second

// programScorer returns a scorer that runs a user's program.
func (s *postTraining) programScorer(
	argv []string, layout *prompt.Layout, tok corpus.Tokenizer,
) (align.Scorer, func() error, error) {
	p, err := align.NewProgram(argv, programTime, func(r *align.Rollout) align.Judged {
		return s.judged(layout, tok, r)
	})
	if err != nil {
		return nil, nil, Misuse{err}
	}
	return p, p.Close, nil
}

// judged returns an answer as a program reads it.
func (s *postTraining) judged(
	layout *prompt.Layout, tok corpus.Tokenizer, r *align.Rollout,
) align.Judged {
	messages := s.prompts[r.Prompt].Messages
	tokens := r.Answer()
	for i, t := range tokens {
		if t == layout.Done {
			tokens = r.Answer()[i+1:]
		}
	}
	answer, complete := layout.Transcript(r.Answer())
	return align.Judged{Prompt: messages[len(messages)-1].Content,
		Answer: strings.TrimSpace(tok.Decode(tokens)), Complete: complete,
		Messages: slices.Concat(messages, answer)}
}
