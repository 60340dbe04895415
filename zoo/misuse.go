package zoo

// Misuse marks an error caused by an invalid request, such as a meaningless setting, rather than by
// a failed operation.
type Misuse struct{ error }

// Unwrap returns the error itself.
func (m Misuse) Unwrap() error { return m.error }
