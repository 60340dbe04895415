package zoo

// Misuse is the error of whoever asked for what cannot be had, such as a setting without sense, and not of what was tried.
type Misuse struct{ error }

// Unwrap returns what is wrong.
func (m Misuse) Unwrap() error { return m.error }
