package refine

// QualityRule describes the data that the step quality was fitted on.
type QualityRule struct {
	Trusted []string           `json:"trusted"`
	SHA256  string             `json:"sha256"`
	Order   int                `json:"order"`
	Cut     map[string]float64 `json:"bits_per_byte"`
}
