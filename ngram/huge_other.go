//go:build unix && !linux

package ngram

// adviseHuge does nothing: only Linux supports this advice.
func adviseHuge([]byte) {}
