package zoo

// LoRAInfo is the low-rank adapter of a run (Hu et al. 2021).
type LoRAInfo struct {
	Rank  int     `json:"r"`
	Alpha float64 `json:"lora_alpha"`
}
