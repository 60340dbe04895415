package ngram

import "fmt"

// absolute subtracts the same discount D from every count and gives it to the shorter history (Ney,
// Essen & Kneser 1994; Chen & Goodman 1998, eq. 18):
//
//	P(w | h) = (c(h, w) − D) / c(h) + D N1+(h ·) / c(h) · P(w | h′)
//
// where D = n1 / (n1 + 2 n2) for each order, and n1 and n2 are the numbers of n-grams seen once and
// twice (their eq. 20).
type absolute struct{ discount []float64 } // by order

// fallbackDiscount is used where the counts of counts yield no discount.
const fallbackDiscount = 0.75

func (*absolute) continuation() bool { return false }

func (a *absolute) fit(order int, t [5]int) string {
	if t[1] == 0 || t[2] == 0 {
		a.discount[order] = fallbackDiscount
		return fmt.Sprintf("the text is too short or too artificial to estimate the discount; "+
			"using %g", fallbackDiscount)
	}
	a.discount[order] = float64(t[1]) / float64(t[1]+2*t[2])
	return ""
}

func (a *absolute) discounts() [][]float64 {
	var all [][]float64
	for _, d := range a.discount[1:] {
		all = append(all, []float64{d})
	}
	return all
}

func (a *absolute) alpha(order int, count float64, h history) float64 {
	return (count - a.discount[order]) / h.total
}

func (a *absolute) gamma(order int, h history) float64 {
	return a.discount[order] * h.types / h.total
}

func (a *absolute) restore(d [][]float64) {
	for k := range min(len(d), len(a.discount)-1) {
		if len(d[k]) == 1 {
			a.discount[k+1] = d[k][0]
		}
	}
}

func (a *absolute) arithmetic(order int, count float64, h history) (alpha, gamma string) {
	d := a.discount[order]
	return fmt.Sprintf("(%g − %.4g) / %.6g", count, d, h.total), fmt.Sprintf("%.4g·%g / %.6g", d,
		h.types, h.total)
}
