package refine

import (
	"context"
	"iter"
	"slices"
)

// pipeline is a sequence of steps, divided into passes by its surveys.
type pipeline struct {
	steps   []Step
	temp    string // directory of temporary files
	memory  int64
	threads int
	account *Account
	watch   func(pass, passes, documents int)
}

// pass is the processing of every document between two temporary files: first the surveys that the
// previous pass has settled, then the other steps, and finally the keys for the next surveys.
type pass struct {
	steps   []Step
	surveys []Survey
}

// passes divides the steps. Adjacent surveys share a pass, because they see the same documents.
func (p *pipeline) passes() []pass {
	all := []pass{{}}
	for _, s := range p.steps {
		last := &all[len(all)-1]
		survey, ok := s.(Survey)
		if !ok {
			last.steps = append(last.steps, s)
			continue
		}
		if len(all) > 1 && len(all[len(all)-2].surveys) == len(last.steps) {
			before := &all[len(all)-2]
			before.surveys = append(before.surveys, survey)
		} else {
			last.surveys = append(last.surveys, survey)
			all = append(all, pass{})
			last = &all[len(all)-1]
		}
		last.steps = append(last.steps, s)
	}
	return all
}

// run passes all documents through the steps and sends the remaining documents to out.
func (p *pipeline) run(ctx context.Context, in iter.Seq2[*Document, error],
	out func(*Document) error) error {
	all := p.passes()
	for i, ps := range all {
		if i == len(all)-1 {
			return p.pass(ctx, i, len(all), ps, in, nil, nil, out)
		}
		docs, err := newStore(p.temp)
		if err != nil {
			return err
		}
		defer docs.close()
		var gs []*groups
		for range ps.surveys {
			g := newGroups(p.temp, p.memory/8)
			defer g.close()
			gs = append(gs, g)
		}
		if err := p.pass(ctx, i, len(all), ps, in, docs, gs, docs.add); err != nil {
			return err
		}
		if err := docs.flush(); err != nil {
			return err
		}
		for k, s := range ps.surveys {
			if err := s.Settle(ctx, gs[k], docs); err != nil {
				return err
			}
			gs[k].close()
		}
		in = docs.all(ctx)
	}
	return nil
}

func (p *pipeline) pass(ctx context.Context, i, passes int, ps pass,
	in iter.Seq2[*Document, error], docs *store, gs []*groups, out func(*Document) error) error {
	for _, s := range ps.steps {
		p.account.step(s.Name()) // in order, even if no document reaches the step
	}
	n := 0
	return ordered(ctx, p.threads, in, func(d *Document) {
		if !d.removed {
			apply(d, ps.steps)
		}
		for _, s := range ps.surveys {
			if !d.removed {
				d.keys = append(d.keys, s.Keys(nil, d))
			}
		}
	}, func(d *Document) error {
		if n++; p.watch != nil && n%64 == 0 {
			p.watch(i+1, passes, n)
		}
		if i == 0 {
			p.account.read(d)
		}
		if len(d.events) == 0 || d.events[0].step != reading {
			p.account.add(d, ps.steps)
		}
		if d.removed {
			return nil
		}
		for k := range gs {
			for _, key := range d.keys[k] {
				if err := gs[k].add(key, uint64(docs.n)); err != nil {
					return err
				}
			}
		}
		return out(d)
	})
}

// editing lists the steps that change texts.
var editing = []string{Mojibake, Unicode, HTML, Language, Personal, Lines, Boilerplate}

// maxRounds is the maximum number of rounds of the steps that change texts. Ordinary text settles
// after two rounds, and text that was escaped several times needs one more round for each time.
const maxRounds = 8

// apply passes a document through steps. The steps that change texts are repeated until none
// changes the text, so that applying them again would change nothing.
func apply(d *Document, steps []Step) {
	edits := slices.IndexFunc(steps, func(s Step) bool {
		return !slices.Contains(editing, s.Name())
	})
	if edits < 0 {
		edits = len(steps)
	}
	for round := 0; ; round++ {
		before := d.Text
		for _, s := range steps[:edits] {
			if d.step = s.Name(); round == maxRounds {
				d.Remove("does not settle", "every round of the steps changes it again")
			} else {
				s.Apply(d)
			}
			if d.removed {
				return
			}
		}
		if d.Text == before {
			break
		}
	}
	for _, s := range steps[edits:] {
		d.step = s.Name()
		if s.Apply(d); d.removed {
			return
		}
	}
}
