package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/format/atomic"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/zoo"
)

// classroom fine-tunes models of one seed on conversations and asks them questions.
type classroom struct {
	env  *Env
	seed uint64
	talk *world.Talk
	base *zoo.Run // run after pre-training
	raw  *zoo.Run // run with random weights; nil: not made yet
	many int      // number of conversations per training

	table map[string]string // of the look-up tool; nil: not copied yet
}

const manyConversations = 10_000

// newClassroom returns the classroom of a seed.
func (env *Env) newClassroom(ctx context.Context, seed uint64) (*classroom, error) {
	base, err := env.base(ctx, seed, nil)
	if err != nil {
		return nil, err
	}
	return &classroom{env: env, seed: seed, talk: base.Config.Data.Talk(), base: base,
		many: manyConversations}, nil
}

// untaught returns the base after a single step, for training from scratch.
func (c *classroom) untaught(ctx context.Context) (_ *zoo.Run, err error) {
	if c.raw == nil {
		c.raw, err = c.env.base(ctx, c.seed, map[string]any{"steps": 1, "warmup": 0})
	}
	return c.raw, err
}

// rng returns a stream of random numbers.
func (c *classroom) rng(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed, stream))
}

// way is a way of supervised fine-tuning. The zero value has neither rehearsal nor an adapter.
type way struct {
	steps    int
	rehearse float64
	unmasked bool
	lora     int     // rank (0: no adapter)
	rate     float64 // maximum learning rate (0: the pipeline's)
}

// usual returns the pipeline's way of fine-tuning for the given number of steps.
func usual(steps int) way {
	return way{steps: steps, rehearse: pipelined("sft").info.Rehearse}
}

// teach fine-tunes a parent on conversations and returns the run; it opens the run if an earlier
// call made it.
func (c *classroom) teach(
	ctx context.Context, parent *zoo.Run, all []prompt.Conversation, w way,
) (*zoo.Run, error) {
	file, err := c.env.Store.lines(all)
	if err != nil {
		return nil, err
	}
	s := stage{info: zoo.StageInfo{Kind: zoo.StageSFT, Data: file, Rehearse: w.rehearse,
		Unmasked: w.unmasked}}
	rate, optimizer := w.rate, train.Muon
	if rate == 0 {
		rate = taughtRate
	}
	if w.lora > 0 {
		s.info.LoRA = &zoo.LoRAInfo{Rank: w.lora, Alpha: float64(2 * w.lora)}
		optimizer = train.AdamW
	}
	s.values = map[string]any{"batch": 32, "lr": rate, "min_lr": rate / 50, "steps": w.steps,
		"warmup": max(min(50, w.steps/5), 1), "optimizer": optimizer, "save_every": "25%"}
	return c.env.post(ctx, parent, s, c.seed)
}

// The maximum learning rates: the pipeline's for SFT, and one for adapters, which was not tuned.
const (
	taughtRate  = 2e-3
	adapterRate = 1e-2
)

// lines returns the name of a file with conversations, one per line. It writes the file unless it
// exists.
func (s *Store) lines(all []prompt.Conversation) (string, error) {
	var b bytes.Buffer
	for _, c := range all {
		line, err := json.Marshal(map[string]any{"messages": c.Messages})
		if err != nil {
			return "", fmt.Errorf("conversation %d: %w", c.Line, err)
		}
		b.Write(append(line, '\n'))
	}
	sum := sha256.Sum256(b.Bytes())
	path := filepath.Join(s.Dir, "conversations", hex.EncodeToString(sum[:8])+".jsonl")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", err
	}
	return path, atomic.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// conversation returns a question and its answer as a conversation.
func conversation(q world.TalkQuestion, a world.TalkAnswer) prompt.Conversation {
	return prompt.Conversation{Messages: append(align.Asked(q), align.Answered(a)...)}
}

// ask returns the likeliest answer of a run to each question, with its gold reward.
func (c *classroom) ask(
	ctx context.Context, r *zoo.Run, questions []world.TalkQuestion,
) (answers []world.TalkAnswer, golds []float64, err error) {
	m, err := r.LM()
	if err != nil {
		return nil, nil, err
	}
	if r.Config.Chat == nil {
		answers, err = c.continued(ctx, r, m, questions)
	} else {
		var layout *prompt.Layout
		if layout, err = r.Layout(); err != nil {
			return nil, nil, err
		}
		answers, err = align.Answers(ctx, m, layout, c.talk, questions, c.env.Threads)
	}
	for i, a := range answers {
		golds = append(golds, c.talk.Check(questions[i], a))
	}
	return answers, golds, err
}

// continued returns the next sentence that a run without a chat template writes after each
// question.
func (c *classroom) continued(
	ctx context.Context, r *zoo.Run, m lm.Model, questions []world.TalkQuestion,
) ([]world.TalkAnswer, error) {
	texts := make([]string, len(questions))
	for i, q := range questions {
		texts[i] = q.User
	}
	sentences, err := c.continueTexts(ctx, r, m, texts)
	answers := make([]world.TalkAnswer, len(sentences))
	for i, text := range sentences {
		answers[i].Text = text
	}
	return answers, err
}

// continueTexts returns the likeliest words after each text, up to the end of a sentence.
func (c *classroom) continueTexts(
	ctx context.Context, r *zoo.Run, m lm.Model, texts []string,
) ([]string, error) {
	tokens := make([][]lm.Token, len(texts))
	for i, text := range texts {
		tokens[i] = r.Tokenizer.Encode(nil, text)
	}
	stop := r.Tokenizer.Encode(nil, "x .")
	found, err := align.Continuations(ctx, m, tokens, stop[len(stop)-1], 24, c.env.Threads)
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = r.Tokenizer.Decode(f)
	}
	return out, err
}

// questions draws n questions of each kind, each with a part that no stage has seen.
func (c *classroom) questions(rng *rand.Rand, n int, kinds ...world.TalkKind) (
	all []world.TalkQuestion,
) {
	for _, kind := range kinds {
		for range n {
			all = append(all, c.talk.Question(world.ForTest, kind, rng))
		}
	}
	return all
}

// bitsPerByte returns the cost of documents of the world for a run, in bits per byte.
func (c *classroom) bitsPerByte(r *zoo.Run) (float64, error) {
	m, err := r.LM()
	if err != nil {
		return 0, err
	}
	return align.BitsPerByte(m, r.Tokenizer, c.talk,
		align.EvalOptions{Seed: c.seed, Tokens: 10_000}), nil
}

// rightly returns the share of right answers to the questions of the given kinds, or to all
// questions if no kind is given.
func rightly(questions []world.TalkQuestion, golds []float64, kinds ...world.TalkKind) float64 {
	return shareWhere(questions, kinds, func(i int) bool { return golds[i] > 0 })
}

// shareWhere returns the share of the questions of some kinds for which is(i) is true.
func shareWhere(
	questions []world.TalkQuestion, kinds []world.TalkKind, is func(i int) bool,
) float64 {
	hits, of := 0, 0
	for i, q := range questions {
		in := len(kinds) == 0
		for _, kind := range kinds {
			in = in || q.Kind == kind
		}
		if !in {
			continue
		}
		of++
		if is(i) {
			hits++
		}
	}
	return float64(hits) / float64(max(of, 1))
}

// gain returns the mean of a − b over the same questions and the lower end of its 95 % interval.
func gain(a, b []float64) (mean, low float64) {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = hit(a[i]) - hit(b[i])
	}
	mean, low, _ = eval.Mean(d)
	return mean, low
}

// hit returns 1 for a right answer, and 0 for any other answer.
func hit(gold float64) float64 {
	if gold > 0 {
		return 1
	}
	return 0
}
