package report

import (
	"fmt"
	"math"
	"strings"
)

// coloured is the passage with every token in the colour of the group of models that predicted the
// token best.
type coloured struct {
	Caption string
	Groups  []group
	Tokens  []colouredToken
	Table   *table
}

// group is an era, or a single model if all models belong to the same era.
type group struct {
	Name   string
	Colour string
	Best   int // number of tokens that the group predicted best
	rows   []int
}

type colouredToken struct {
	Lead   string // the uncoloured space before the token, where a line may break
	Text   string
	Group  int     // −1: a tie
	Margin float64 // nats between the best group and the second best
	Shade  string  // strength of the colour, 0 … 1
	Break  bool    // a line ends here
}

const (
	tieNats  = 0.05 // smaller margins are ties
	fullNats = 2.0  // larger margins have the full colour
)

// groupsOf groups the models by era.
func groupsOf(c *Comparison) (groups []group) {
	at := map[string]int{}
	for i, r := range c.Rows {
		if _, ok := at[r.Era]; !ok {
			at[r.Era] = len(groups)
			groups = append(groups, group{Name: r.Era, Colour: eraVariable(r.Era)})
		}
		g := &groups[at[r.Era]]
		g.rows = append(g.rows, i)
	}
	if len(groups) > 1 {
		return groups
	}
	groups = nil
	for i, l := range lineStyles(c.Rows) {
		groups = append(groups, group{Name: l.Title, Colour: l.Colour, rows: []int{i}})
	}
	return groups
}

// colour finds the group that predicted each token of the passage best.
func colour(c *Comparison) *coloured {
	p := c.Passage
	if p == nil || len(p.Nats) != len(c.Rows) {
		return nil
	}
	out := &coloured{Groups: groupsOf(c), Table: passageTable(c)}
	ties := 0
	for i, text := range p.Tokens {
		best, next, winner := math.Inf(1), math.Inf(1), -1
		for g, group := range out.Groups {
			least := math.Inf(1)
			for _, r := range group.rows {
				least = min(least, float64(p.Nats[r][i]))
			}
			if least < best {
				best, next, winner = least, best, g
			} else {
				next = min(next, least)
			}
		}
		margin := next - best
		lead := len(text) - len(strings.TrimLeft(text, " "))
		if lead == len(text) {
			lead = 0
		}
		if len(out.Groups) < 2 || winner < 0 || margin < tieNats {
			winner, margin = -1, 0
			ties++
		} else {
			out.Groups[winner].Best++
		}
		out.Tokens = append(out.Tokens, colouredToken{
			Lead: text[:lead], Text: text[lead:], Group: winner, Margin: margin,
			Break: strings.HasSuffix(text, "\n"),
			Shade: fmt.Sprintf("%.2f", 0.2+0.8*min(margin/fullNats, 1)),
		})
	}
	if len(out.Groups) < 2 {
		out.Caption = "Choose a token to see its probability under the model."
		return out
	}
	var won []string
	for _, g := range out.Groups {
		won = append(won, fmt.Sprintf("%s %d", g.Name, g.Best))
	}
	out.Caption = fmt.Sprintf(
		"Each token has the colour of the group that gave it the highest probability, and the "+
			"colour is stronger "+
			"the larger the lead: %s; %d are ties within %g nats.",
		strings.Join(won, ", "), ties, tieNats)
	return out
}

// passageTable lists the cost of every token for every model.
func passageTable(c *Comparison) *table {
	p := c.Passage
	t := &table{Name: "passage.csv", Head: []string{"token"}, Long: true}
	for _, l := range lineStyles(c.Rows) {
		t.Head = append(t.Head, l.Title+", nats")
	}
	if p.Classes != nil {
		t.Head = append(t.Head, "class", "truth, nats")
	}
	for i, text := range p.Tokens {
		row := []string{text}
		for r := range c.Rows {
			row = append(row, exact(float64(p.Nats[r][i])))
		}
		if p.Classes != nil {
			truth := ""
			if p.Truth[i] != nil {
				truth = exact(float64(*p.Truth[i]))
			}
			row = append(row, p.Classes[i], truth)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
