package lab

import (
	"context"
	"fmt"
	"strings"

	"lmzoo/corpus/world"
	"lmzoo/zoo"
)

// toolBoard measures a model with tools on changed facts, on facts that only the table holds, and
// on questions for which a tool is on offer but not needed.
func (c *classroom) toolBoard(ctx context.Context, r *zoo.Run, name string, tools []string, n int,
	m map[string]float64, t *Table) error {
	rng := c.rng(9)
	questions := c.questions(rng, n, world.Changed, world.Lookup)
	keys := make([]string, len(questions)) // keys of the table
	for i, q := range questions {
		keys[i] = q.Call.Input
		questions[i] = limit(q, tools)
	}
	answers, golds, err := c.ask(ctx, r, questions)
	if err != nil {
		return err
	}
	m[name+"_changed"] = rightly(questions, golds, world.Changed)
	m[name+"_unread"] = rightly(questions, golds, world.Lookup)
	m[name+"_old"] = shareWhere(questions, []world.TalkKind{world.Changed}, func(i int) bool {
		old, ok := c.talk.Stated(keys[i])
		return ok && strings.HasSuffix(answers[i].Text, " "+old+" .")
	})
	cell, err := c.needless(ctx, r, name, tools, n, m)
	if err != nil {
		return err
	}
	t.add(fmt.Sprint(c.seed), name, decimal(m[name+"_changed"]), decimal(m[name+"_old"]),
		decimal(m[name+"_unread"]), cell)
	return nil
}

// needless measures how often a model calls a tool when all its tools are on offer and none is
// needed. It returns "" for a model without tools.
func (c *classroom) needless(ctx context.Context, r *zoo.Run, name string, tools []string, n int,
	m map[string]float64) (string, error) {
	if len(tools) == 0 {
		return "", nil
	}
	questions := c.questions(c.rng(10), n, world.Known, world.Sum, world.Story)
	for i := range questions {
		questions[i].System = "tools : " + strings.Join(tools, " ")
	}
	answers, _, err := c.ask(ctx, r, questions)
	if err != nil {
		return "", err
	}
	m[name+"_needless"] = shareWhere(questions, nil,
		func(i int) bool { return len(answers[i].Calls) > 0 })
	return decimal(m[name+"_needless"]), nil
}
