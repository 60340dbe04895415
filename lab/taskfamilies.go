package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lmzoo/corpus/world"
	"lmzoo/prompt"
)

// trainedFamilies lists the families of tasks in the order in which the experiment adds them. No
// conversation belongs to a family in untrainedFamilies.
var (
	trainedFamilies   = []string{"fact", "story", "how-to", "instruction", "age"}
	untrainedFamilies = []string{"meaning", "sum", "choice"}
)

// families measures how the number of families of tasks in the training affects untrained families
// (Wei et al. 2022, figure 6). The number of conversations stays the same.
func (c *classroom) families(
	ctx context.Context, size instructSize, m map[string]float64, t *Table,
) error {
	rng := c.rng(3)
	asked := map[string][]world.TalkQuestion{}
	for _, family := range slices.Concat([]string{"fact"}, untrainedFamilies) {
		asked[family] = c.ofFamily(family, size.questions, world.ForTest)
	}
	for k := 1; k <= len(trainedFamilies); k++ {
		var all []prompt.Conversation
		for _, family := range trainedFamilies[:k] {
			for _, q := range c.ofFamily(family, c.many*2/5/k, world.ForSFT) {
				all = append(all, conversation(q, world.Careless.Answer(q, rng)))
			}
		}
		r, err := c.teach(ctx, c.base, all, usual(size.families))
		if err != nil {
			return err
		}
		row := []string{fmt.Sprint(c.seed), fmt.Sprint(k), trainedFamilies[k-1]}
		right := 0.0
		for _, family := range slices.Concat([]string{"fact"}, untrainedFamilies) {
			_, golds, err := c.ask(ctx, r, asked[family])
			if err != nil {
				return err
			}
			got := rightly(asked[family], golds)
			if family != "fact" {
				right += got / float64(len(untrainedFamilies))
			}
			row = append(row, decimal(got))
		}
		m[fmt.Sprintf("family_%d", k)] = right
		t.add(row...)
	}
	return nil
}

// ofFamily draws n answerable questions of a family from a random stream of their own.
func (c *classroom) ofFamily(family string, n int, part world.Part) []world.TalkQuestion {
	kinds := map[string]world.TalkKind{"fact": world.Known, "meaning": world.Known,
		"story": world.Story, "how-to": world.Harmless, "instruction": world.Combine,
		"age": world.Lookup, "sum": world.Sum, "choice": world.Novel}
	rng := c.rng(uint64(100 + len(family)))
	var all []world.TalkQuestion
	for len(all) < n {
		q := c.talk.Question(part, kinds[family], rng)
		if q.Family != family || family == "instruction" && untrainedContent(q.User) {
			continue
		}
		all = append(all, q)
	}
	return all
}

// untrainedContent reports whether an instruction has the content of an untrained family.
func untrainedContent(text string) bool {
	return slices.ContainsFunc(strings.Fields(text), func(word string) bool {
		return word == "plus" || word == "minus" || word == "means"
	})
}
