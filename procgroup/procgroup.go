// Package procgroup ends a user's program together with the programs that it has started.
package procgroup
