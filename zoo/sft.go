package zoo

import (
	"context"
	"fmt"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// startSFT prepares supervised fine-tuning: the species' own training, on conversations.
func (s *postTraining) startSFT(
	model any, layout *prompt.Layout, text *Text, c train.Config,
) (Training, error) {
	learner, ok := model.(train.Learner[corpus.Batch])
	if !ok {
		return Training{}, fmt.Errorf("%T cannot learn from conversations; want a causal model",
			model)
	}
	examples, err := encodeConversations(s.file, layout, s.conversations, c.Context)
	if err != nil {
		return Training{}, err
	}
	o := align.SFTOptions{Batch: c.Batch, Context: c.Context, Rehearse: s.info.Rehearse,
		Mask: !s.info.Unmasked, Seed: text.Seed}
	raw, err := rehearsal(o.Rehearsed(), text, c)
	if err != nil {
		return Training{}, err
	}
	src, err := align.NewConversations(examples, raw, o)
	if err != nil {
		return Training{}, Misuse{err}
	}
	tr, err := train.NewTrainer(learner, src, c)
	if err != nil {
		return Training{}, err
	}
	t := Training{Trainer: tr}
	if len(s.heldConversations) > 0 {
		held, err := encodeConversations(s.file, layout, s.heldConversations, c.Context)
		if err != nil {
			return Training{}, err
		}
		t.Validate = func(ctx context.Context) (float64, error) {
			return answerLoss(ctx, current(model.(lm.Model)), held)
		}
	}
	return t, nil
}

// rehearsal returns batches of pre-training text, or nil if rows is 0.
func rehearsal(rows int, text *Text, c train.Config) (train.Source[corpus.Batch], error) {
	if rows == 0 {
		return nil, nil
	}
	return corpus.NewWindows(text.Train, rows, c.Context, text.Seed)
}

// encodeConversations returns the tokens of conversations. If a conversation is longer than
// context, the error names its line.
func encodeConversations(file string, layout *prompt.Layout, all []prompt.Conversation,
	context int) ([]prompt.Encoded, error) {
	var out []prompt.Encoded
	for _, c := range all {
		e := layout.Encode(c.Messages)
		if len(e.Tokens) > context {
			return nil, tooLong(file, c.Line, "messages", len(e.Tokens), context)
		}
		out = append(out, e)
	}
	return out, nil
}

func tooLong(file string, line int, field string, n, context int) error {
	return Misuse{fmt.Errorf("%s: line %d: %s: %d tokens; want at most %d, the context: shorten "+
		"them, raise --context, or start from a run with a longer window", file, line, field, n,
		context)}
}

// answerLoss returns the mean −ln P of the tokens that the assistant writes, in nats.
func answerLoss(ctx context.Context, m lm.Model, all []prompt.Encoded) (nats float64, err error) {
	n := 0
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for i, p := range lm.Score(m, e.Tokens) {
			if e.Loss[i] {
				nats, n = nats-p, n+1
			}
		}
	}
	return nats / float64(max(n, 1)), nil
}
