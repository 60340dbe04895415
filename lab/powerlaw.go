package lab

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// line is a least-squares line y = intercept + slope·x.
type line struct {
	intercept, slope float64
	low, high        float64 // 95 % interval of the slope, by Student's t
	r2               float64
}

// fitLine fits a line to at least two points; for two points there is no interval.
func fitLine(x, y []float64) line {
	var l line
	l.intercept, l.slope = stat.LinearRegression(x, y, nil, false)
	l.r2 = stat.RSquared(x, y, nil, l.intercept, l.slope)
	l.low, l.high = l.slope, l.slope
	if len(x) < 3 {
		return l
	}
	squares := 0.0
	for i := range x {
		squares += math.Pow(y[i]-l.at(x[i]), 2)
	}
	free := float64(len(x) - 2)
	spread := float64(len(x)-1) * stat.Variance(x, nil)
	wide := distuv.StudentsT{Sigma: 1, Nu: free}.Quantile(0.975) * math.Sqrt(squares/free/spread)
	l.low, l.high = l.slope-wide, l.slope+wide
	return l
}

// at returns the value of the line at x.
func (l line) at(x float64) float64 { return l.intercept + l.slope*x }

// logs returns the natural logarithms of x.
func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

// valley returns the lowest point of the parabola that best fits ln y over ln x. inside reports
// whether it lies between the smallest and the largest x.
func valley(x, y []float64) (bestX, bestY float64, inside bool) {
	lx, ly := logs(x), logs(y)
	center := stat.Mean(lx, nil)
	a := mat.NewDense(len(x), 3, nil)
	for i, v := range lx {
		a.SetRow(i, []float64{1, v - center, (v - center) * (v - center)})
	}
	var c mat.VecDense
	if err := c.SolveVec(a, mat.NewVecDense(len(y), ly)); err != nil || c.AtVec(2) <= 0 {
		i := slices.Index(y, slices.Min(y))
		return x[i], y[i], false
	}
	at := -c.AtVec(1) / (2 * c.AtVec(2))
	bestX = math.Exp(center + at)
	bestY = math.Exp(c.AtVec(0) + c.AtVec(1)*at + c.AtVec(2)*at*at)
	return bestX, bestY, bestX > slices.Min(x) && bestX < slices.Max(x)
}

// surface is the law of Hoffmann et al. (2022, eq. 2) above a known limit: A/N^a + B/D^b.
type surface struct {
	lnA, a, lnB, b float64
	rms            float64 // of the residuals of the logarithm
	agree          float64 // share of the starts that end at the same exponents
}

// at returns the excess of a network with n parameters after d answers.
func (s surface) at(n, d float64) float64 {
	return math.Exp(s.lnA-s.a*math.Log(n)) + math.Exp(s.lnB-s.b*math.Log(d))
}

// surfaceStarts lists the exponents from which a fit of a surface starts.
var surfaceStarts = []float64{0.2, 0.4, 0.6, 0.8}

// fitSurface minimises the squared error of the logarithm from every pair of starting exponents. A
// fit that stops early gives exponents that look exact and are wrong (Besiroglu et al. 2024), so it
// also reports how many of the starts agree.
func fitSurface(n, d, excess []float64) surface {
	loss := func(p []float64) float64 {
		s, sum := surface{lnA: p[0], a: p[1], lnB: p[2], b: p[3]}, 0.0
		for i := range n {
			sum += math.Pow(math.Log(excess[i])-math.Log(s.at(n[i], d[i])), 2)
		}
		return sum / float64(len(n))
	}
	grad := func(g, p []float64) {
		clear(g)
		s := surface{lnA: p[0], a: p[1], lnB: p[2], b: p[3]}
		for i := range n {
			lnN, lnD := math.Log(n[i]), math.Log(d[i])
			ofN, ofD := math.Exp(p[0]-p[1]*lnN), math.Exp(p[2]-p[3]*lnD)
			e := 2 * math.Log(s.at(n[i], d[i])/excess[i]) / (ofN + ofD) / float64(len(n))
			g[0], g[1] = g[0]+e*ofN, g[1]-e*ofN*lnN
			g[2], g[3] = g[2]+e*ofD, g[3]-e*ofD*lnD
		}
	}
	half := math.Log(stat.GeometricMean(excess, nil) / 2)
	meanN, meanD := stat.Mean(logs(n), nil), stat.Mean(logs(d), nil)
	var ends []surface
	for _, a := range surfaceStarts {
		for _, b := range surfaceStarts {
			start := []float64{half + a*meanN, a, half + b*meanD, b}
			r, err := optimize.Minimize(optimize.Problem{Func: loss, Grad: grad}, start,
				&optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 500}, &optimize.BFGS{})
			if r == nil || err != nil && r.X == nil {
				continue
			}
			ends = append(ends, surface{r.X[0], r.X[1], r.X[2], r.X[3], math.Sqrt(r.F), 0})
		}
	}
	best := slices.MinFunc(ends, func(p, q surface) int { return cmp.Compare(p.rms, q.rms) })
	for _, e := range ends {
		if math.Abs(e.a-best.a) < 0.01 && math.Abs(e.b-best.b) < 0.01 {
			best.agree += 1 / float64(len(surfaceStarts)*len(surfaceStarts))
		}
	}
	return best
}

// surfaceIntervals returns the 95 % intervals of the exponents a and b by the bootstrap over runs.
func surfaceIntervals(n, d, excess []float64, seed uint64) (a, b [2]float64) {
	const draws = 100
	rng := rand.New(rand.NewPCG(seed, 13))
	var as, bs []float64
	for range draws {
		var x, y, z []float64
		for range n {
			i := rng.IntN(len(n))
			x, y, z = append(x, n[i]), append(y, d[i]), append(z, excess[i])
		}
		s := fitSurface(x, y, z)
		as, bs = append(as, s.a), append(bs, s.b)
	}
	slices.Sort(as)
	slices.Sort(bs)
	ends := func(v []float64) [2]float64 {
		return [2]float64{
			stat.Quantile(0.025, stat.Empirical, v, nil),
			stat.Quantile(0.975, stat.Empirical, v, nil),
		}
	}
	return ends(as), ends(bs)
}
