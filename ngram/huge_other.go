//go:build unix && !linux

package ngram

// adviseHuge does nothing: only Linux takes the advice.
func adviseHuge([]byte) {}
