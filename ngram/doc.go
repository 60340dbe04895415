// Package ngram predicts a token from the n−1 tokens before it by counting how often it followed them
// (Markov 1913, Shannon 1948), and mixes shorter histories in where counts are thin (Chen & Goodman 1998,
// "An Empirical Study of Smoothing Techniques for Language Modeling").
//
// Every smoothing here is one formula of the same shape, in a file of its own:
//
//	P(w | h) = α(h, w) + γ(h) · P(w | h′)
//
// h′ is the history h without its oldest token; α(h, w) is what w keeps of its own count, γ(h) is what the
// history gives away, the backoff weight. The recursion ends at the uniform distribution 1/V.
//
// The way of a model: [Train] counts every order (count.go), adjusts the counts (adjust.go), applies the
// formula order by order (estimate.go), and packs the result into a trie of a few bytes per n-gram
// (packed.go, trie.go) that scores (score.go), is saved and mapped (file.go), and speaks ARPA (arpa.go).
//
// V, the size of the vocabulary, is Config.Vocab: lm.BOS, which as a prediction is the end of the document
// (</s>), and every token the tokenizer knows, also those the training text never used; each of these
// gets the uniform share γ/V. With a closed vocabulary <unk> is one of them, as in KenLM.
package ngram
