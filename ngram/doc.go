// Package ngram predicts a token from the previous n−1 tokens by counting how often it followed
// them (Markov 1913, Shannon 1948), and mixes in shorter histories where counts are low (Chen &
// Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling").
//
// Every smoothing in this package has a formula of the same form, in a file of its own:
//
//	P(w | h) = α(h, w) + γ(h) · P(w | h′)
//
// h′ is the history h without its oldest token, α(h, w) is the share of w from its own count, and
// γ(h), the backoff weight, is the share that goes to the shorter history. The recursion ends at
// the uniform distribution 1/V.
//
// [Train] builds a model in steps: it counts every order (count.go), adjusts the counts
// (adjust.go), applies the formula order by order (estimate.go), and packs the result into a trie
// of a few bytes per n-gram (packed.go, trie.go). A model scores (score.go), is saved and mapped
// into memory (file.go), and is written as ARPA (arpa.go).
//
// V, the size of the vocabulary, is Config.Vocab: [lm.BOS], which is the end of the document (</s>)
// when predicted, and every token of the tokenizer. Tokens that do not occur in the training text
// get the uniform share γ/V. In a closed vocabulary <unk> is one of the tokens, as in KenLM.
package ngram
