package lm

// Window returns the number of tokens that a model reads at a time, including BOS, or 0 if it has
// no limit. m is a model or the body of one.
func Window(m any) int {
	if w, ok := m.(interface{ Window() int }); ok {
		return w.Window()
	}
	return 0
}
