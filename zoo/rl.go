package zoo

// RLInfo holds the settings of reinforcement learning.
type RLInfo struct{}
