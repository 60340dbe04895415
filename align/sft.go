package align

import (
	"fmt"
	"math"
	"slices"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// Conversations is the train.Source of supervised fine-tuning (Ouyang et al. 2022, §3.1; Wei et al.
// 2022). It is corpus.Windows, the Source of pre-training, with conversations as documents and a
// mask: Y is −1 where the assistant does not speak. The model and its loss remain the same.
//
// A row holds several conversations if they fit. Each begins with BOS. Positions, attention and
// loss restart there, so a conversation has the same loss packed and alone. No conversation is cut.
// The targets are the tokens that prompt.Encoded marks: the text of the assistant and the [END] of
// each answer, so that the model learns to stop. The role before an answer is not a target; the
// first token after it is. The mean is over the targets of the whole step, including rehearsal.
//
// TRL's SFTTrainer differs by default in four respects: on "messages" it has a loss on all tokens,
// including the user's (assistant_only_loss is false; "prompt" and "completion" are masked as
// here); it pads each conversation to a row of its own (packing is false); it cuts off tokens
// beyond max_length, including the end token; and it has no rehearsal.
//
// The batch of a step is a function of the seed and the step. Conversations is not safe for
// concurrent use.
type Conversations struct {
	rows *corpus.Windows
	raw  train.Source[corpus.Batch] // pre-training text; nil: no rehearsal
	o    SFTOptions
	text corpus.Batch
}

// SFTOptions are the settings of Conversations.
type SFTOptions struct {
	Batch   int // rows per batch
	Context int // positions per row, at most the model's window

	// Rehearse is the share of rows with pre-training text, which has a loss on every token, so
	// that the model does not forget it (Ouyang et al. 2022, §3.5, mix it into PPO).
	Rehearse float64
	Mask     bool // loss only on the assistant's tokens; false: on every token of a conversation
	Seed     uint64
}

// Rehearsed returns the number of rows of a batch with pre-training text: the share, rounded, but
// at least one row of either kind.
func (o SFTOptions) Rehearsed() int {
	if o.Rehearse <= 0 {
		return 0
	}
	return min(max(int(math.Round(o.Rehearse*float64(o.Batch))), 1), o.Batch-1)
}

// masked is added to a token that is not a target. It is a bit above every token of a vocabulary.
const masked lm.Token = 1 << 30

// NewConversations prepares batches of conversations. raw provides the text for rehearsal, in
// batches of o.Rehearsed() rows by o.Context tokens; it may be nil without rehearsal.
func NewConversations(
	examples []prompt.Encoded, raw train.Source[corpus.Batch], o SFTOptions,
) (*Conversations, error) {
	if err := o.check(raw); err != nil {
		return nil, err
	}
	docs := make([][]lm.Token, len(examples))
	for i, e := range examples {
		if err := checkEncoded(e, o.Context); err != nil {
			return nil, fmt.Errorf("conversation %d: %w", i+1, err)
		}
		docs[i] = make([]lm.Token, len(e.Tokens))
		for j, tok := range e.Tokens {
			docs[i][j] = tok
			if o.Mask && !e.Loss[j] {
				docs[i][j] |= masked
			}
		}
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("the data has no conversation; want at least one")
	}
	rows, err := corpus.NewWindows(docs, o.Batch-o.Rehearsed(), o.Context, o.Seed)
	if err != nil {
		return nil, err
	}
	return &Conversations{rows: rows, raw: raw, o: o}, nil
}

// check reports the first invalid setting.
func (o SFTOptions) check(raw train.Source[corpus.Batch]) error {
	switch {
	case o.Batch < 1 || o.Context < 1:
		return fmt.Errorf("batches of %d rows by %d tokens; want at least 1 by 1", o.Batch,
			o.Context)
	case !(o.Rehearse >= 0 && o.Rehearse < 1):
		return fmt.Errorf("rehearse is %v; want a share of rows in [0, 1), such as 0.25",
			o.Rehearse)
	case o.Rehearse == 0:
		return nil
	case o.Batch < 2:
		return fmt.Errorf("rehearse is %v, but a batch has one row; want at least 2", o.Rehearse)
	case raw == nil:
		return fmt.Errorf("rehearse is %v, but there is no text to rehearse; want a source",
			o.Rehearse)
	}
	var b corpus.Batch
	raw.Batch(&b, 0)
	if b.B != o.Rehearsed() || b.T != o.Context {
		return fmt.Errorf("the text to rehearse comes in batches of %d rows by %d tokens; want %d "+
			"by %d", b.B, b.T, o.Rehearsed(), o.Context)
	}
	return nil
}

// checkEncoded returns an error for a conversation that does not fit in a row or has no target.
func checkEncoded(e prompt.Encoded, context int) error {
	if len(e.Loss) != len(e.Tokens) {
		return fmt.Errorf("%d tokens and %d marks of loss; want one for each", len(e.Tokens),
			len(e.Loss))
	}
	if len(e.Tokens) > context {
		return fmt.Errorf("it has %d tokens; want at most %d, the context: shorten it, or train "+
			"with a longer window", len(e.Tokens), context)
	}
	if i := slices.Index(e.Tokens, lm.BOS); i >= 0 {
		return fmt.Errorf("token %d is BOS; want one conversation, without a boundary", i+1)
	}
	if !slices.Contains(e.Loss, true) {
		return fmt.Errorf("the assistant says nothing; want at least one answer")
	}
	return nil
}

// Batch fills b with the batch of a step: rows of conversations, then rows of text. After the first
// calls it allocates nothing.
func (c *Conversations) Batch(b *corpus.Batch, step int) {
	c.rows.Batch(b, step)
	for i := range b.Y {
		b.X[i] &^= masked // X holds plain tokens
		if b.Y[i] >= masked {
			b.Y[i] = -1
		}
	}
	if c.o.Rehearse > 0 {
		c.raw.Batch(&c.text, step)
		b.B += c.text.B
		b.X, b.Y = append(b.X, c.text.X...), append(b.Y, c.text.Y...)
	}
	b.N = b.Targets()
}

// Tokens returns the number of tokens in an epoch, over all conversations.
func (c *Conversations) Tokens() int { return c.rows.Tokens() }

// Rows returns the number of rows in an epoch.
func (c *Conversations) Rows() int { return c.rows.Rows() }
