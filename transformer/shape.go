package transformer

import "lmzoo/nn"

// Shape returns the size and the cost of a model. Attention takes an additional 12·T·C operations
// in every layer (Chowdhery et al. 2022, appendix B), although causal attention needs only half of
// them.
func (c Config) Shape(context int) nn.Shape {
	v, n, layers, t := float64(c.VocabSize), float64(c.NEmbd), float64(c.NLayer), float64(context)
	multiplied := 12*n*n*layers + v*n // wte is also the output layer
	params := multiplied + n*float64(c.NPositions) + layers*(4+3+1+4+1)*n
	if c.Norm != PostNorm {
		params += 2 * n // ln_f
	}
	if c.UntiedHead {
		params += v * n
	}
	if c.Smear {
		params += layers * float64(c.NHead)
	}
	shape := nn.ShapeOf(params, multiplied, layers*(18*n+float64(c.NHead)*t)+2*n+v)
	shape.FLOPs += 12 * t * n * layers
	return shape
}

// Shape returns the size and the cost of the model.
func (m *Model) Shape(context int) nn.Shape { return m.Config.Shape(context) }

// Shape returns the size and the cost of a model. Shared keys save parameters, but no operations of
// the attention itself.
func (c LlamaConfig) Shape(context int) nn.Shape {
	c = c.Defaults()
	v, n, layers, t := float64(c.VocabSize), float64(c.HiddenSize), float64(c.NumHiddenLayers),
		float64(context)
	multiplied := c.layerParams()*layers + v*n
	params := multiplied + (2*layers+1)*n
	if !c.TieWordEmbeddings {
		params += v * n // embed_tokens, which are only looked up
	}
	kv := n * float64(c.NumKeyValueHeads) / float64(c.NumAttentionHeads)
	floats := 6*n + 2*kv + 4*float64(c.IntermediateSize) + float64(c.NumAttentionHeads)*t
	shape := nn.ShapeOf(params, multiplied, layers*floats+2*n+v)
	shape.FLOPs += 12 * t * n * layers
	return shape
}

// Shape returns the size and the cost of the model.
func (m *Llama) Shape(context int) nn.Shape { return m.Config.Shape(context) }

// Shape returns the size and the cost of a model. Only the masked tokens pass through the head;
// attention looks both ways.
func (c BERTConfig) Shape(context int) nn.Shape {
	v, n, layers, t := float64(c.VocabSize), float64(c.NEmbd), float64(c.NLayer), float64(context)
	multiplied := 12*n*n*layers + n*n + v*n // the word embeddings are also the output layer
	params := multiplied + n*float64(c.NPositions+2+2) + layers*(4+2+4+1+2)*n + v + 3*n
	if c.NSP {
		multiplied += n*n + 2*n
		params += n*n + n + 2*n + 2
	}
	shape := nn.ShapeOf(params, multiplied, layers*(18*n+float64(c.NHead)*t)+4*n+v)
	shape.FLOPs += 12 * t * n * layers
	shape.FLOPs -= 6 * (1 - c.defaults().MaskRate) * (n*n + v*n)
	return shape
}

// Shape returns the size and the cost of the model.
func (m *BERT) Shape(context int) nn.Shape { return m.Config.Shape(context) }
