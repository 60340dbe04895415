package chat

import (
	"fmt"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/prompt"
)

// gold is the exact reward of an answer to a question of world-talk.
type gold struct {
	Reward  float64        `json:"reward"`
	Verdict string         `json:"verdict"`
	Kind    world.TalkKind `json:"kind"`
	Right   string         `json:"right"` // the usual right answer
}

// gold returns the exact reward of an answer by a model, or nil if its world does not know the
// question.
func (a *API) gold(m *models.Model, q *question, r *prompt.Reply) *gold {
	t := a.worlds.of(m)
	if t == nil {
		return nil
	}
	asked, ok := t.known[key(q.Tools, q.Question)]
	if !ok {
		return nil
	}
	g := &gold{Kind: asked.Kind, Right: asked.Answers[0]}
	answer := align.AnswerIn(r.Messages, r.End == prompt.EndStop)
	g.Reward = t.talk.Check(asked, answer)
	switch {
	case g.Reward >= 1:
		g.Verdict = "right"
	case g.Reward > 0:
		g.Verdict = "right, but the call was not needed"
	case g.Reward == 0:
		g.Verdict = "honest, but of no help"
	default:
		g.Verdict = "wrong"
	}
	return g
}

// judge is a reward model.
type judge struct {
	model  *models.Model
	reward *align.Reward
	layout *prompt.Layout
}

// judges returns the reward models of the playground.
func (a *API) judges() (all []judge) {
	for _, m := range a.Models.List() {
		reward, err := m.Run.RewardModel()
		if err != nil {
			continue
		}
		if layout, err := m.Run.Layout(); err == nil {
			all = append(all, judge{m, reward, layout})
		}
	}
	return all
}

// rewards returns the scores of a whole answer by the reward models with the same tokens. A
// truncated answer gets no score, because reward models are trained on whole answers.
func (a *API) rewards(m *models.Model, asked []prompt.Message, r *prompt.Reply) map[string]float64 {
	scores := map[string]float64{}
	if r.End != prompt.EndStop {
		return scores
	}
	for _, j := range a.judges() {
		if j.model.Run.Config.Tokenizer.SHA256 != m.Run.Config.Tokenizer.SHA256 {
			continue
		}
		if score, err := j.score(append(asked[:len(asked):len(asked)], r.Messages...)); err == nil {
			scores[j.model.ID] = score
		}
	}
	return scores
}

// score returns the reward of a conversation.
func (j judge) score(messages []prompt.Message) (score float64, err error) {
	tokens := j.layout.Encode(messages).Tokens
	if w := lm.Window(j.reward.Body); w > 0 && len(tokens) >= w {
		return 0, fmt.Errorf("%d tokens; want fewer than %d", len(tokens), w)
	}
	score = j.reward.Score(tokens)
	if score != score { // NaN: the training diverged
		return 0, lm.ErrNoProbability
	}
	return score, nil
}
