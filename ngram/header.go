package ngram

// header is what a model says about itself; in a file it is JSON.
type header struct {
	Config
	Grams  []int        `json:"grams"`  // n-grams of each order
	Shapes []tableShape `json:"shapes"` // of each order above 1
	Notes  []string     `json:"notes,omitempty"`
}

// Vocab is V, the number of tokens.
func (m *Model) Vocab() int { return m.Config.Vocab }

// Params is the number of n-grams of all orders.
func (m *Model) Params() int {
	n := 0
	for _, g := range m.Grams {
		n += g
	}
	return n
}
