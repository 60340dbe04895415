package report

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"

	"lmzoo/train"
	"lmzoo/zoo"
)

// Curve is the learning curve of a model, as columns of equal length. Loss is the mean of the
// batches between two points, Valid the loss on held-out text; both in nats per token.
type Curve struct {
	Steps   []int     `json:"step"`
	Seconds []float64 `json:"seconds"`
	Tokens  []int     `json:"tokens"`
	Loss    []float64 `json:"loss"`

	ValidSteps   []int     `json:"valid_step"`
	ValidSeconds []float64 `json:"valid_seconds"`
	ValidTokens  []int     `json:"valid_tokens"`
	Valid        []float64 `json:"valid"`
}

// maxCurve is the maximum number of points of each kind in a curve.
const maxCurve = 120

// ReadCurve reads the metrics of a run. It returns nil if there are none.
func ReadCurve(dir string) *Curve {
	if dir == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(dir, zoo.MetricsFile))
	if err != nil {
		return nil // a counted model has no metrics
	}
	return newCurve(data)
}

// newCurve reduces the lines of metrics to a curve. It skips lines that are not metrics.
func newCurve(lines []byte) *Curve {
	type line struct {
		train.Stats
		Valid *float64 `json:"valid"`
	}
	var steps, valid []line
	for text := range bytes.Lines(lines) {
		var l line
		if json.Unmarshal(text, &l) != nil || l.Step <= 0 {
			continue
		}
		if l.Valid != nil {
			valid = append(valid, l)
			continue
		}
		steps = append(steps, l)
	}
	if len(steps) == 0 {
		return nil
	}
	c := &Curve{}
	for from := 0; from < len(steps); {
		to := max(from+1, nextPoint(len(c.Loss), len(steps)))
		sum := 0.0
		for _, l := range steps[from:to] {
			sum += l.Loss
		}
		middle := steps[(from+to)/2]
		c.Steps, c.Tokens = append(c.Steps, middle.Step), append(c.Tokens, middle.Tokens)
		c.Seconds = append(c.Seconds, round(middle.Seconds))
		c.Loss = append(c.Loss, round(sum/float64(to-from)))
		from = to
	}
	for i, l := range valid {
		if len(valid) > maxCurve && i*maxCurve/len(valid) == (i+1)*maxCurve/len(valid) {
			continue // always keep the last point
		}
		c.ValidSteps, c.ValidTokens = append(c.ValidSteps, l.Step), append(c.ValidTokens, l.Tokens)
		c.ValidSeconds, c.Valid = append(c.ValidSeconds, round(l.Seconds)),
			append(c.Valid, round(*l.Valid))
	}
	return c
}

// nextPoint returns the number of steps, of n, that the first i+1 points cover. Points are denser
// at the beginning, where the loss falls fast.
func nextPoint(i, n int) int {
	x := float64(i+1) / maxCurve
	return min(n, int(math.Ceil(float64(n)*math.Pow(x, 1.5))))
}

// round rounds x to six digits, more than any chart shows.
func round(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
