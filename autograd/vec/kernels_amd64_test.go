//go:build !noasm

package vec

import "testing"

// TestWithoutAVX512 repeats the tests of functions that have two kernels with the AVX2 kernel.
func TestWithoutAVX512(t *testing.T) {
	if !avx512 {
		t.Skip("this processor has no AVX-512, so the tests have already run with AVX2")
	}
	avx512 = false
	defer func() { avx512 = true }()
	for name, test := range map[string]func(*testing.T){
		"Accuracy": TestAccuracy, "GELUWithSlope": TestGELUWithSlopeIsGELU,
		"AdamW": TestAdamWAccuracy, "Elementwise": TestElementwise,
		"LayerNormRows": TestLayerNormRows, "Rows": TestRows, "SoftmaxRows": TestSoftmaxRows,
		"InPlace": TestInPlace, "SwiGLU": TestSwiGLUIsAccurate,
	} {
		t.Run(name, test)
	}
}
