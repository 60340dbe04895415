//go:build !race

package transformer

const racing = false
