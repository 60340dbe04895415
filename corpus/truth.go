package corpus

// Event is one random draw of a synthetic world: the bytes it wrote, their cost in nats under the
// true distribution, the entropy of that distribution, and the knowledge needed to predict them.
type Event struct {
	Bytes         int
	Nats, Entropy float64
	Class         Class
}

// Class is the knowledge that a token of the world needs.
type Class uint8

const (
	Local     Class = iota // the last few words decide
	Choice                 // a free choice of the writer
	Fact                   // a fact of the world, learned in the weights
	Long                   // something said many sentences ago
	InContext              // a meaning defined in this document only
	Compute                // the result of a small computation
	NumClasses
)

func (c Class) String() string {
	return [...]string{"local", "choice", "fact", "long", "in-context", "compute"}[c]
}
