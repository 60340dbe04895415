// Package lmzoo is a museum of working language models: n-gram → neural → transformer, all with the
// same tokenizers, corpora, interfaces and evaluation. The binary is in cmd/lmzoo.
package lmzoo
