//go:build !race

package mlp

const racing = false
