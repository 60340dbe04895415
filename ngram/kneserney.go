package ngram

// kneserNey is absolute discounting with better counts for the lower orders: not the occurrences of
// a token, but the number of different tokens that it follows (Kneser & Ney 1995, in the
// interpolated form of Chen & Goodman 1998, section 4.1.6):
//
//	P(w | h) = (c(h, w) − D) / c(h) + D N1+(h ·) / c(h) · P(w | h′)
//
// where c of every shorter history is the continuation count N1+(· h w), set by adjust.
type kneserNey struct{ absolute }

func (*kneserNey) continuation() bool { return true }
