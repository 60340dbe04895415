// Package results holds the results of the experiments that the pages report, as make lab wrote
// them.
package results

import "embed"

// Files holds one NAME.json for each experiment.
//
//go:embed *.json
var Files embed.FS
