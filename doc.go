// Package lmzoo is a museum of language models that still run: n-gram → neural → transformer, every
// exhibit on one tokenizer, one corpus, one contract and one ruler. The binary is in cmd/lmzoo.
package lmzoo
