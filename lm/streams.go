package lm

// Streams are texts that a model continues at the same time, such as the answers of a group in
// reinforcement learning. Streams are not safe for concurrent use.
type Streams interface {
	// NextLogProbs stores ln P(v | stream i) in dst[i][v] for every open stream i and every token
	// v, and returns dst. It allocates the rows that dst lacks.
	NextLogProbs(dst [][]float64) [][]float64
	// Push appends a token to stream i.
	Push(i int, t Token)
	// Close ends stream i, which then costs no computation.
	Close(i int)
}

// Streamer is a Model that continues several texts with one product per layer for all of them.
type Streamer interface {
	Model
	// Streams returns one stream for each context after BOS. Contexts may differ in length, and
	// equal contexts are read once.
	Streams(contexts [][]Token) Streams
}

// StartStreams starts streams of m in the fastest way that m offers.
func StartStreams(m Model, contexts [][]Token) Streams {
	if s, ok := m.(Streamer); ok {
		return s.Streams(contexts)
	}
	s := &states{states: make([]State, len(contexts))}
	for i, context := range contexts {
		s.states[i] = Start(m)
		for _, t := range context {
			s.states[i].Push(t)
		}
	}
	return s
}

// states holds the streams of a model that continues one text at a time.
type states struct{ states []State }

func (s *states) NextLogProbs(dst [][]float64) [][]float64 {
	for len(dst) < len(s.states) {
		dst = append(dst, nil)
	}
	for i, state := range s.states {
		if state != nil {
			dst[i] = state.NextLogProbs(dst[i])
		}
	}
	return dst
}

func (s *states) Push(i int, t Token) { s.states[i].Push(t) }

func (s *states) Close(i int) { s.states[i] = nil }
