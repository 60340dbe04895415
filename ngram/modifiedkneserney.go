package ngram

import (
	"fmt"
	"slices"
)

// modifiedKneserNey is Kneser-Ney with three discounts, for n-grams counted once, twice, and more
// often (Chen & Goodman 1998, section 4.2, eq. 26; interpolated as in KenLM: Heafield et al. 2013):
//
//	P(w | h) = (c(h, w) − D(c)) / c(h) + (D1 N1 + D2 N2 + D3 N3+) / c(h) · P(w | h′)
//
//	Y = n1 / (n1 + 2 n2)    D1 = 1 − 2Y n2/n1    D2 = 2 − 3Y n3/n2    D3+ = 3 − 4Y n4/n3
type modifiedKneserNey struct{ discount [][4]float64 } // by order, then by min(count, 3)

// fallbackDiscounts are used where the counts of counts yield none, as in KenLM.
var fallbackDiscounts = [4]float64{0, 0.5, 1, 1.5}

func (*modifiedKneserNey) continuation() bool { return true }

// fit computes in float32 as KenLM does, so that both fall back for the same texts: a discount can
// be exactly 0, and then rounding decides its sign.
func (m *modifiedKneserNey) fit(order int, t [5]int) string {
	d := [4]float64{}
	y := float32(t[1]) / float32(t[1]+2*t[2])
	for j := 1; j <= 3; j++ {
		share := float32(float32(float32(j+1)*y)*float32(t[j+1])) / float32(t[j])
		d[j] = float64(float32(j) - float32(share))
		if t[j] == 0 || d[j] < 0 || d[j] > float64(j) {
			m.discount[order] = fallbackDiscounts
			return "the text is too short or too artificial to estimate discounts; using 0.5, 1 " +
				"and 1.5"
		}
	}
	m.discount[order] = d
	return ""
}

// feed replaces the discounts of an order if a discount of 0 would leave a history without
// probability for unseen tokens. KenLM writes a backoff weight of 10^-inf there, which it then
// refuses to read.
func (m *modifiedKneserNey) feed(levels []level, k int) (note string) {
	d := m.discount[k+1]
	if k == 0 || d[1] > 0 && d[2] > 0 && d[3] > 0 {
		return ""
	}
	from, to := &levels[k-1], &levels[k]
	for x := range from.raw {
		successors := to.count[from.child[x]:from.child[x+1]]
		if len(successors) > 0 && !slices.ContainsFunc(successors,
			func(c uint32) bool { return d[min(c, 3)] > 0 }) {
			m.discount[k+1] = fallbackDiscounts
			return "a discount of 0 leaves no probability for unseen tokens; using 0.5, 1 and 1.5"
		}
	}
	return ""
}

func (m *modifiedKneserNey) discounts() [][]float64 {
	var all [][]float64
	for _, d := range m.discount[1:] {
		all = append(all, []float64{d[1], d[2], d[3]})
	}
	return all
}

func (m *modifiedKneserNey) alpha(order int, count float64, h history) float64 {
	return (count - m.discount[order][min(int(count), 3)]) / h.total
}

func (m *modifiedKneserNey) gamma(order int, h history) float64 {
	d := &m.discount[order]
	return (d[1]*h.n[1] + d[2]*h.n[2] + d[3]*h.n[3]) / h.total
}

func (m *modifiedKneserNey) restore(d [][]float64) {
	for k := range min(len(d), len(m.discount)-1) {
		if len(d[k]) == 3 {
			copy(m.discount[k+1][1:], d[k])
		}
	}
}

func (m *modifiedKneserNey) arithmetic(order int, count float64, h history) (alpha, gamma string) {
	d := &m.discount[order]
	return fmt.Sprintf("(%g − %.4g) / %.6g", count, d[min(int(count), 3)], h.total),
		fmt.Sprintf("(%.4g·%g + %.4g·%g + %.4g·%g) / %.6g", d[1], h.n[1], d[2], h.n[2], d[3],
			h.n[3], h.total)
}
