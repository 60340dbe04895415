package refine

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// boilerplate is the survey that removes a line that occurs in many documents, such as a menu, a
// footer or a notice, from all of them except the first (CCNet removes every repeated paragraph;
// Wenzek et al. 2020, §3.1).
type boilerplate struct {
	documents  int // a line in more documents than this is boilerplate
	characters int // shorter lines may recur, as in dialogue
	memory     int64
	again      []Step // the earlier steps, applied again to documents that have lost lines

	first map[uint64]uint64 // the first document of each repeated line
}

func (*boilerplate) Name() string { return Boilerplate }

func (b *boilerplate) Keys(dst []uint64, d *Document) []uint64 {
	seen := map[uint64]bool{}
	for _, line := range d.Lines() {
		if k, ok := b.key(line); ok && !seen[k] {
			seen[k] = true
			dst = append(dst, k)
		}
	}
	return dst
}

// key returns a hash of a line, or false for a short line.
func (b *boilerplate) key(line string) (uint64, bool) {
	line = strings.TrimSpace(line)
	if len(line) < b.characters || utf8.RuneCountInString(line) < b.characters {
		return 0, false
	}
	h := uint64(fnvOffset)
	for i := range len(line) {
		h = (h ^ uint64(line[i])) * fnvPrime
	}
	return mix(h), true
}

// lineMemory is the approximate memory of a line in the map, in bytes.
const lineMemory = 64

func (b *boilerplate) Settle(ctx context.Context, g *groups, _ *store) error {
	b.first = map[uint64]uint64{}
	var key, first uint64
	n := 0
	for m, err := range g.all() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if n == 0 || m.key != key {
			key, first, n = m.key, m.doc, 0
		}
		if n++; n == b.documents+1 {
			b.first[key] = first
		}
		if int64(len(b.first))*lineMemory > b.memory {
			return fmt.Errorf("step %s: more than %d repeated lines do not fit in memory; raise "+
				"the memory bound, or leave the step out", Boilerplate, len(b.first)-1)
		}
	}
	return nil
}

func (b *boilerplate) Apply(d *Document) {
	if len(b.first) == 0 {
		return
	}
	var kept []string
	example := ""
	for line := range strings.SplitSeq(d.Text, "\n") {
		if k, ok := b.key(line); ok {
			if first, repeated := b.first[k]; repeated && first != uint64(d.at) {
				if example == "" {
					example = line
				}
				continue
			}
		}
		kept = append(kept, line)
	}
	if example == "" {
		return
	}
	d.EditAs("repeated lines", tidy(strings.Join(kept, "\n")), Example{Text: excerpt(example),
		Why: fmt.Sprintf("in more than %d documents", b.documents)})
	for _, s := range b.again {
		if d.Text != "" && !d.removed {
			s.Apply(d)
		}
	}
	if d.Text == "" && !d.removed {
		d.Remove("empty", "no text is left")
	}
}
