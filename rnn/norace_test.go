//go:build !race

package rnn

const racing = false
