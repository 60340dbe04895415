package report

import (
	"fmt"
	"math"
	"strings"
)

// figures returns the charts of the page. Their captions are computed from the numbers.
func figures(c *Comparison) []figure {
	all := []figure{{
		Title: "The comparison", Caption: comparisonCaption(c),
		Charts: []chartPlace{{"bits", "", "bits per byte of every model"}}, Table: overview(c),
		Open: true,
		Hint: "Whiskers are 95 % intervals of the bootstrap over documents. “Difference to " +
			"the best” is the 95 % interval of the difference in bits per byte, by the paired " +
			"bootstrap; if it contains 0, the result is a tie.",
	}}
	if c.Limit != nil {
		all[0].Hint += " The gap is in " + c.unit() + " above the true entropy."
	}
	for _, f := range []figure{classFigure(c), curveFigure(c), positionFigure(c), contextFigure(c),
		wordFigure(c)} {
		if f.Title != "" {
			all = append(all, f)
		}
	}
	return all
}

// extremes returns the models with the lowest and the highest value, except models that ignore
// their context. ok is false unless there are two.
func extremes(c *Comparison,
	value func(*Row) float64) (low, high string, least, most float64, ok bool) {
	n := 0
	for i, l := range lineStyles(c.Rows) {
		v := value(c.Rows[i])
		if math.IsNaN(v) || math.IsInf(v, 0) || ignorant(c.Rows[i]) {
			continue
		}
		if n == 0 || v < least {
			low, least = l.Title, v
		}
		if n == 0 || v > most {
			high, most = l.Title, v
		}
		n++
	}
	return low, high, least, most, n > 1
}

func comparisonCaption(c *Comparison) string {
	best := c.best()
	title := best.Title
	for i, r := range c.Rows {
		if r == best {
			title = lineStyles(c.Rows)[i].Title
		}
	}
	var b strings.Builder
	if bits := float64(best.BitsPerByte); exists(bits) {
		fmt.Fprintf(&b,
			"%s needs the fewest bits: %s per byte of text that no model was trained on", title,
			fixed(bits, 3))
		if c.Limit != nil {
			fmt.Fprintf(&b, ", where the true entropy is %s", fixed(float64(*c.Limit), 3))
		}
		b.WriteString(". ")
		var ties []string
		for i, l := range lineStyles(c.Rows) {
			if d := c.Rows[i].Against; d != nil && d.Tie {
				ties = append(ties, l.Title)
			}
		}
		if len(ties) > 0 {
			fmt.Fprintf(&b, "A tie with it: %s. ", strings.Join(ties, ", "))
		}
		b.WriteString("Shorter bars are better.")
		return b.String()
	}
	return "The vocabulary is closed: unknown words cost these models nothing, so there are no " +
		"bits per byte, only perplexity."
}

func classFigure(c *Comparison) figure {
	var names []string
	for _, k := range c.Rows[0].Classes {
		names = append(names, k.Class)
	}
	if len(names) == 0 {
		return figure{}
	}
	share := []string{"share of the tokens"}
	for _, k := range c.Rows[0].Classes {
		share = append(share,
			fmt.Sprintf("%.1f %%", 100*float64(k.Events)/float64(c.Rows[0].Events)))
	}
	gap := func(r *Row, x int) float64 {
		switch {
		case x >= len(r.Classes):
			return math.NaN()
		case c.Mixed: // the class's share of the bits per byte of the whole text
			k := r.Classes[x]
			return c.excess(r, float64(k.Gap)*float64(k.Events)/float64(r.Events))
		}
		return float64(r.Classes[x].Gap)
	}
	t := grid(c, "classes.csv", names, 3, gap)
	t.Rows = append([][]string{share}, t.Rows...)
	widest, most := "", -1.0
	for x, name := range names {
		if _, _, low, high, ok := extremes(c, func(r *Row) float64 { return gap(r, x) }); ok &&
			high-low > most {
			widest, most = name, high-low
		}
	}
	caption := "The gap of each model to the limit, by what is needed to predict a token."
	if widest != "" {
		low, high, least, greatest, _ := extremes(c, func(r *Row) float64 {
			for x, name := range names {
				if name == widest {
					return gap(r, x)
				}
			}
			return math.NaN()
		})
		caption += fmt.Sprintf(
			" The models differ most on “%s” tokens: %s is %s %s above the true entropy, %s %s.",
			widest, low, fixed(least, 2), c.nats(), high, fixed(greatest, 2))
	}
	hint := "The chart shows each class's share of the gap (nats per token of the whole text); " +
		"the table the gap per token of that class."
	if c.Mixed {
		hint = "Chart and table show each class's share of the gap, in bits per " +
			"byte of the whole text."
	}
	return figure{
		Title: "Why: what a token needs", Caption: caption,
		Charts: []chartPlace{
			{"classes", "", "what each class of tokens adds to the gap of every model"}}, Table: t,
		Open: true, Hint: hint +
			" A striped bar with → is longer than the chart: its parts are scaled down to fit.",
	}
}

func curveFigure(c *Comparison) figure {
	n := 0
	for _, r := range c.Rows {
		if r.Curve != nil {
			n++
		}
	}
	if n == 0 {
		return figure{}
	}
	caption := "The loss during training. Lines are training batches, marks the validation text."
	if low, _, least, _, ok := extremes(c, func(r *Row) float64 {
		if r.Curve == nil || len(r.Curve.Valid) == 0 {
			return math.NaN()
		}
		return c.cost(r, r.Curve.Valid[len(r.Curve.Valid)-1])
	}); ok {
		caption += fmt.Sprintf(
			" At the end of its training %s has the lowest validation loss, %s %s.", low,
			fixed(least, 3), c.unit())
	}
	if c.Mixed {
		caption += " Nats per token are converted by the tokens per byte of the test text."
	}
	return figure{
		Title: "Learning curves", Caption: caption,
		Charts: []chartPlace{{"seconds", "by training time", "learning curves over seconds"},
			{"tokens", "by tokens seen", "learning curves over tokens"}}, Table: curvesTable(c),
		Hint: "Counted models need one pass over the text and have no curve. The beginning of a " +
			"curve may lie above the chart. Drag to zoom in (+ and − on the keyboard); " +
			"double-click to reset (Escape).",
	}
}

// gains describes the fall of the models' values from the first to the last.
func gains(c *Comparison, value func(r *Row, x int) float64, n int, format string) string {
	low, high, least, most, ok := extremes(c, func(r *Row) float64 {
		first, last := math.NaN(), math.NaN()
		for x := range n {
			if v := value(r, x); exists(v) {
				if math.IsNaN(first) {
					first = v
				}
				last = v
			}
		}
		return first - last
	})
	if !ok || low == high {
		return ""
	}
	return fmt.Sprintf(format, signed(-most), high, signed(-least), low)
}

// signed formats a difference.
func signed(x float64) string {
	if text := fmt.Sprintf("%+.2f", x); text != "-0.00" {
		return strings.Replace(text, "-", "−", 1)
	}
	return "0.00"
}

func positionFigure(c *Comparison) figure {
	if c.Mixed {
		return offsetFigure(c)
	}
	longest := c.Rows[0].Positions
	for _, r := range c.Rows {
		if len(r.Positions) > len(longest) {
			longest = r.Positions
		}
	}
	if len(longest) < 2 {
		return figure{}
	}
	var xs []string
	for _, p := range longest {
		xs = append(xs, span(p.From, p.To))
	}
	value := func(r *Row, x int) float64 {
		if x < len(r.Positions) {
			return float64(r.Positions[x].NatsPerToken)
		}
		return math.NaN()
	}
	frequent := func(r *Row, x int) float64 { // NaN unless the position has enough tokens
		if x < len(r.Positions) && r.Positions[x].Tokens >= fewPositions {
			return value(r, x)
		}
		return math.NaN()
	}
	return byPosition(grid(c, "positions.csv", xs, 3, value),
		"Loss by the number of preceding tokens in the document."+gains(c, frequent, len(longest),
			" From the first position to the last with enough tokens, it changes by %s "+
				"nats (%s) to %s (%s)."))
}

// byPosition returns the figure of the loss by position, in tokens or in bytes.
func byPosition(t *table, caption string) figure {
	return figure{
		Title:   "Why: loss by position in the document",
		Caption: caption,
		Charts:  []chartPlace{{"positions", "", "loss by position in the document"}},
		Table:   t,
		Hint: "Documents themselves change from beginning to end: a fall that all models " +
			"share, even those that remember little, is a property of the text.",
	}
}

func contextFigure(c *Comparison) figure {
	var longest []Context
	for _, r := range c.Rows {
		if len(r.Contexts) > len(longest) {
			longest = r.Contexts
		}
	}
	if len(longest) == 0 {
		return figure{}
	}
	var xs []string
	for _, x := range longest {
		if x.Given == 0 {
			xs = append(xs, "all")
			continue
		}
		xs = append(xs, fmt.Sprint(x.Given))
	}
	value := func(r *Row, x int) float64 {
		for _, k := range r.Contexts {
			switch {
			case k.Given != longest[x].Given:
			case !c.Mixed:
				return float64(k.Nats)
			case !r.closed():
				return float64(k.Bits)
			}
		}
		return math.NaN()
	}
	f := figure{
		Title: "Why: how much context it sees",
		Caption: fmt.Sprintf(
			"The same %d tokens, predicted from only the last 1, 2, 4 … tokens before them; the "+
				"rest of the document is masked.", longest[0].Tokens) +
			gains(c, value, len(longest),
				" From one token of context to all of it, the cost changes by %s "+
					"nats (%s) to %s (%s)."),
		Charts: []chartPlace{{"contexts", "", "loss by tokens of context"}},
		Table:  grid(c, "contexts.csv", xs, 3, value),
		Hint: "The visible tokens keep their positions. Masked tokens get no attention in a " +
			"transformer, a zero vector in a feed-forward network; a recurrent network starts " +
			"from a zero state. No model was trained on such gaps, so a short context costs more " +
			"than it must. A curve that is flat from some point on shows that the model " +
			"does not use tokens further away.",
	}
	if c.Mixed {
		f.Caption = fmt.Sprintf(
			"Some tokens of each model, predicted from only the last %d, %d, %d … bytes before "+
				"them; the rest of the document is masked.",
			bytesPerGiven, 2*bytesPerGiven, 4*bytesPerGiven) +
			gains(c, value, len(longest),
				" From the shortest context to all of it, the cost changes by %s bits per "+
					"byte (%s) to %s (%s).")
		f.Charts[0].Name = "loss by bytes of context"
	}
	return f
}

// offsetFigure is like positionFigure, but counts bytes, for mixed tokenizers.
func offsetFigure(c *Comparison) figure {
	var longest []Offset
	for _, r := range c.Rows {
		if len(r.Offsets) > len(longest) {
			longest = r.Offsets
		}
	}
	if len(longest) < 2 {
		return figure{}
	}
	var xs []string
	for _, p := range longest {
		xs = append(xs, span(p.From, p.To))
	}
	value := func(r *Row, x int) float64 {
		if x < len(r.Offsets) {
			return float64(r.Offsets[x].Bits)
		}
		return math.NaN()
	}
	return byPosition(grid(c, "positions.csv", xs, 3, value),
		"The loss by the number of bytes of the document before."+gains(c, value, len(longest),
			" From the first position to the last it changes by %s bits per byte (%s) to %s (%s)."))
}

// nats returns the unit of the cost of a token.
func (c *Comparison) nats() string {
	if c.Mixed {
		return "bits per byte"
	}
	return "nats"
}

func wordFigure(c *Comparison) figure {
	first := 0 // rarer words do not occur in the evaluated text
	for first < len(c.Words) && c.Words[first].Words == 0 {
		first++
	}
	var xs []string
	for i, b := range c.Words[first:] {
		switch {
		case i+first == maxBucket:
			xs = append(xs, fmt.Sprintf("≥ %d", b.From))
		default:
			xs = append(xs, span(b.From, b.To))
		}
	}
	value := func(r *Row, x int) float64 {
		if x += first; x < len(r.Words) && r.Words[x] != nil {
			return float64(*r.Words[x]) * c.perWordByte(x)
		}
		return math.NaN()
	}
	any := false
	for _, r := range c.Rows {
		any = any || r.Words != nil
	}
	if !any || len(xs) == 0 {
		return figure{}
	}
	caption := "The loss of a word by its frequency in the training text."
	rarest := -1
	for x, b := range c.Words {
		if b.Words >= fewPositions {
			rarest = x
			break
		}
	}
	if rarest >= 0 {
		if low, high, least, most, ok := extremes(c,
			func(r *Row) float64 { return value(r, rarest-first) }); ok {
			caption += fmt.Sprintf(" One that occurs %s times costs %s %s (%s) to %s (%s).",
				xs[rarest-first], fixed(least, 2), c.nats(), low, fixed(most, 2), high)
		}
	}
	t := grid(c, "words.csv", xs, 2, value)
	words := []string{"words evaluated"}
	for _, b := range c.Words[first:] {
		words = append(words, Count(b.Words))
	}
	t.Rows = append([][]string{words}, t.Rows...)
	return figure{
		Title: "Why: loss by word frequency", Caption: caption,
		Charts: []chartPlace{{"words", "", "loss by word frequency"}}, Table: t,
		Hint: "A word is a run of letters and digits; its cost is the sum over its tokens. " +
			"Points with few words are noisy: the table gives their numbers.",
	}
}
