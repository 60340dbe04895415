package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus/world"
	"lmzoo/task"
	"lmzoo/zoo"
)

// says measures the answers of a run about people whose names no stage has seen, and whether the
// probe of the SFT model predicts it.
func (p *probing) says(ctx context.Context, name string, r *zoo.Run, ofSFT *task.Probe, layer int,
	m map[string]float64, t *Table) error {
	answers, golds, err := p.ask(ctx, r, p.unseen)
	if err != nil {
		return err
	}
	says := make([]int, len(answers)) // 1: it does not know
	for i, a := range answers {
		if a.Text == world.DoNotKnow {
			says[i] = 1
		}
	}
	idk := func(kind world.TalkKind) float64 {
		return shareWhere(p.unseen, []world.TalkKind{kind},
			func(i int) bool { return says[i] == 1 })
	}
	unknown, known := idk(world.Unknown), idk(world.Known)
	m[name+"_idk_unknown"], m[name+"_idk_known"], m[name+"_gap"] = unknown, known, unknown-known
	t.add(fmt.Sprint(p.seed), name, decimal(unknown), decimal(known),
		decimal(rightly(p.unseen, golds, world.Known)))
	if name != "dpo" {
		return nil
	}
	for key, run := range map[string]*zoo.Run{"agrees": p.run, "carried": r} {
		q := *p
		q.run = run
		body, err := run.Encoder()
		if err != nil {
			return err
		}
		x, labels := q.vectors(body, p.unseen)
		if key == "agrees" {
			labels = says
		}
		m[key] = ofSFT.Accuracy(x[layer], labels)
	}
	return nil
}
