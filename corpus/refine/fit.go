package refine

import (
	"fmt"
	"slices"
)

// tolerated is the share of trusted documents that a rule may remove before its threshold is moved.
const tolerated = 0.01

// fit returns rules that nearly all trusted documents pass. A threshold of the papers that they
// already pass stays, and so does one for a group with too few documents. Others move so far that
// every trusted document passes: there are twenty rules, and the losses to each would add up.
func fit(t *trusted, from *Rules, sources []string) (*Rules, error) {
	r := DefaultRules()
	r.Lines, r.Repeats, r.Near, r.Leak = from.Lines, from.Repeats, from.Near, from.Leak
	for i := range rules {
		rule := &rules[i]
		values := map[Group][]float64{}
		for _, d := range t.docs {
			g := d.Group()
			if _, ok := from.Documents[rule.name][g]; ok {
				values[g] = append(values[g], rule.value(newMeasures(d)))
			}
		}
		r.Documents[rule.name] = map[Group]float64{}
		for _, g := range Groups() {
			usual, ok := from.Documents[rule.name][g]
			if !ok {
				continue
			}
			x := rule.threshold(values[g], usual)
			if r.Documents[rule.name][g] = x; x != usual {
				r.Fitted = append(r.Fitted, fmt.Sprintf("%s of %s: %.4g in place of %.4g, which "+
					"%.0f %% of the trusted documents fail", rule.name, g, x, usual,
					100*rule.failing(values[g], usual)))
			}
		}
	}
	q, err := newQuality(t, nil)
	if err != nil {
		return nil, err
	}
	if len(q.models) > 0 {
		r.Quality = &QualityRule{Trusted: slices.Clone(sources), SHA256: t.sha, Cut: q.cut}
	}
	return r, nil
}

// failing returns the share of values that fail a threshold.
func (r *rule) failing(values []float64, threshold float64) float64 {
	n := 0
	for _, v := range values {
		if _, fails := r.fails(v, threshold); fails {
			n++
		}
	}
	return float64(n) / float64(max(len(values), 1))
}

// threshold returns the usual threshold, or one that all values pass.
func (r *rule) threshold(values []float64, usual float64) float64 {
	if len(values) < minTrusted || r.failing(values, usual) <= tolerated {
		return usual
	}
	if r.least {
		return slices.Min(values)
	}
	return slices.Max(values)
}
