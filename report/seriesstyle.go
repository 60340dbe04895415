package report

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"lmzoo/report/palette"
)

// namedSpecies maps the beginning of a line's name to the species whose colour the line gets.
var namedSpecies = []struct{ prefix, species string }{
	{"BERT", "bert"}, {"GPT", "gpt"}, {"ELMo", "elmo"}, {"word2vec", "word2vec"},
	{"LSTM", "lstm"}, {"llama", "llama"}, {"n-gram", "ngram"}, {"3-grams", "ngram"},
	{"naive Bayes", "bigram"}, {"logistic", "cache"},
}

// sequence lists the species whose colours the other lines get, in this order.
var sequence = []string{"gpt", "gru", "ngram", "llama", "lstm", "cache", "unigram", "bigram"}

// style returns the appearance of series i. A colour that occurs again gets dashes.
func (p Plotted) style(i int) seriesStyle {
	used := map[string]int{}
	var l seriesStyle
	for k, s := range p.Series[:i+1] {
		if s.Limit {
			l = seriesStyle{"limit", palette.Ink, []vg.Length{5, 3}, 0}
			continue
		}
		name := speciesOf(s.Name)
		for n := 0; name == "" && n < len(sequence); n++ {
			if used[sequence[n]] == 0 {
				name = sequence[n]
			}
		}
		if name == "" {
			name = sequence[k%len(sequence)]
		}
		dash := [][]vg.Length{nil, {4, 3}, {1.5, 2}}[min(used[name], 2)]
		used[name]++
		l = seriesStyle{"s-" + name, palette.Species(name, ""), dash, k}
	}
	return l
}

// speciesOf returns the species that a line is named after, or "".
func speciesOf(line string) string {
	for _, s := range namedSpecies {
		if strings.HasPrefix(line, s.prefix) {
			return s.species
		}
	}
	return ""
}

// logTicks labels 1, 2 and 5 times the powers of ten, or only these powers if there are many.
type logTicks struct{}

// Ticks returns the ticks from least to most.
func (logTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	if !(least > 0) || !exists(least, most) {
		return nil
	}
	decades := math.Log10(most / least)
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		for _, m := range []float64{1, 2, 5} {
			x := m * math.Pow(10, e)
			if x < least || x > most {
				continue
			}
			label := shortNumber(x)
			if m > 1 && decades > 3 || math.Mod(e, 2) != 0 && decades > 7 {
				label = ""
			}
			ticks = append(ticks, plot.Tick{Value: x, Label: label})
		}
	}
	return ticks
}

// shortNumber formats a round number: 0.05, 1000, 20k, 5G.
func shortNumber(x float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= max(u.size, 1e4)*(1-1e-9) {
			return strconv.FormatFloat(x/u.size, 'g', 3, 64) + u.name
		}
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}
