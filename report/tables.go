package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"lmzoo/eval"
)

// fixed formats x with the given number of digits, and NaN as a dash.
func fixed(x float64, digits int) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return "∞"
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}

// exact formats x with all digits, and NaN as the empty string.
func exact(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// Count formats a number with about three digits: 804, 12.3k, 1.50M.
func Count(n int) string {
	switch x := float64(n); {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 100_000:
		return fmt.Sprintf("%.1fk", x/1e3)
	case n < 1_000_000:
		return fmt.Sprintf("%.0fk", x/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.2fM", x/1e6)
	}
	return fmt.Sprintf("%.2fG", float64(n)/1e9)
}

// rate formats tokens per second.
func rate(tokens int, seconds float64) string {
	if tokens == 0 || seconds < 1e-3 { // too fast to measure
		return "–"
	}
	return Count(int(float64(tokens) / seconds))
}

// trainingRate formats the tokens per second of a training run. It returns a dash if the seconds of
// the run would be shown as 0.0.
func trainingRate(tokens int, seconds float64) string {
	if seconds < 0.05 {
		return "–"
	}
	return rate(tokens, seconds)
}

// overview returns a table with one row for every model.
func overview(c *Comparison) *table {
	t := &table{
		Name: "comparison.csv",
		Head: []string{"model", "era", "parameters", "training tokens", "training seconds",
			"training tokens/s", "evaluated tokens/s", "perplexity", "bits/byte", "95 %",
			"difference from the best"},
		FullHead: []string{
			"model", "era", "year", "parameters", "training tokens", "training seconds",
			"evaluated tokens", "evaluation seconds", "perplexity",
			"bits/byte", "bits/byte low", "bits/byte high", "difference from the best",
			"difference from the best low",
			"difference from the best high",
		},
	}
	if c.Mixed {
		t.Head, t.FullHead = append(t.Head, "tokenizer"), append(t.FullHead, "tokenizer")
	}
	if c.Limit != nil {
		t.Head = append(t.Head, "gap to the limit")
		t.FullHead = append(t.FullHead, "gap to the limit", "gap low", "gap high")
	}
	for i, l := range lineStyles(c.Rows) {
		r := c.Rows[i]
		row := []string{
			l.Title, r.Era, Count(r.Params), Count(r.TrainTokens), fixed(r.TrainSeconds, 1),
			trainingRate(r.TrainTokens, r.TrainSeconds), rate(r.Tokens, r.Seconds),
			fixed(float64(r.Perplexity), 2), fixed(float64(r.BitsPerByte), 4),
			interval(float64(r.BitsPerByteLow), float64(r.BitsPerByteHigh), 3), against(r.Against),
		}
		delta, low, high := math.NaN(), math.NaN(), math.NaN()
		if d := r.Against; d != nil {
			delta, low, high = d.Delta, d.Low, d.High
		}
		full := []string{
			l.Title, r.Era, strconv.Itoa(r.Year), strconv.Itoa(r.Params),
			strconv.Itoa(r.TrainTokens), exact(r.TrainSeconds), strconv.Itoa(r.Tokens),
			exact(r.Seconds),
			exact(float64(r.Perplexity)), exact(float64(r.BitsPerByte)),
			exact(float64(r.BitsPerByteLow)), exact(float64(r.BitsPerByteHigh)), exact(delta),
			exact(low), exact(high),
		}
		if c.Mixed {
			row, full = append(row, r.Tokenizer), append(full, r.Tokenizer)
		}
		if c.Limit != nil {
			row = append(row, fixed(c.excess(r, float64(r.Gap)), 3)+" ±"+
				fixed(c.excess(r, float64(r.GapHigh-r.GapLow)/2), 3))
			full = append(full, exact(c.excess(r, float64(r.Gap))),
				exact(c.excess(r, float64(r.GapLow))), exact(c.excess(r, float64(r.GapHigh))))
		}
		t.Rows, t.Full = append(t.Rows, row), append(t.Full, full)
	}
	return t
}

// interval formats an interval.
func interval(low, high float64, digits int) string {
	if !exists(low, high) {
		return "–"
	}
	return fixed(low, digits) + "–" + fixed(high, digits)
}

// against formats the difference from the best row.
func against(d *eval.Comparison) string {
	switch {
	case d == nil:
		return "–"
	case d.Tie:
		return "a tie"
	}
	return interval(d.Low, d.High, 3)
}

// grid returns a table with one row for every model and one column for every x.
func grid(c *Comparison, name string, xs []string, digits int,
	value func(r *Row, x int) float64) *table {
	t := &table{Name: name, Head: append([]string{"model"}, xs...)}
	for i, l := range lineStyles(c.Rows) {
		row, full := []string{l.Title}, []string{l.Title}
		var values []float64
		for x := range xs {
			v := value(c.Rows[i], x)
			row, full, values = append(row, fixed(v, digits)), append(full, exact(v)),
				append(values, v)
		}
		t.Rows, t.Full, t.values = append(t.Rows, row), append(t.Full, full),
			append(t.values, values)
	}
	return t
}

// curvesTable lists every point of every curve.
func curvesTable(c *Comparison) *table {
	t := &table{Name: "curves.csv",
		Head: []string{"model", "kind", "step", "tokens", "seconds", c.unit()}, Long: true}
	for i, l := range lineStyles(c.Rows) {
		k := c.Rows[i].Curve
		if k == nil {
			continue
		}
		cost := func(nats float64) string { return exact(c.cost(c.Rows[i], nats)) }
		for j := range k.Loss {
			t.Rows = append(t.Rows,
				[]string{l.Title, "training", strconv.Itoa(k.Steps[j]), strconv.Itoa(k.Tokens[j]),
					exact(k.Seconds[j]), cost(k.Loss[j])})
		}
		for j := range k.Valid {
			t.Rows = append(t.Rows, []string{l.Title, "validation", strconv.Itoa(k.ValidSteps[j]),
				strconv.Itoa(k.ValidTokens[j]), exact(k.ValidSeconds[j]), cost(k.Valid[j])})
		}
	}
	return t
}

// samples lists the sample of every model.
func samples(c *Comparison) *table {
	t := &table{Name: "samples.csv", Head: []string{"model", "text"}}
	for i, l := range lineStyles(c.Rows) {
		t.Rows = append(t.Rows, []string{l.Title, strings.ToValidUTF8(c.Rows[i].Sample, "\uFFFD")})
	}
	return t
}

// span formats a range of numbers.
func span(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d–%d", from, to)
}
