package prompt

import "time"

// SetTime sets the time of a call.
func SetTime(r *Registry, d time.Duration) { r.time = d }
