package zoo

import (
	"context"
	"slices"
)

// PipelineBase returns the order of the pre-training of a pipeline; values changes its settings.
func (cat Catalogue) PipelineBase(
	ctx context.Context, seed uint64, values map[string]any,
) (Order, error) {
	return cat.preTraining(ctx, PipelineStep{Values: values}, PipelineOptions{Seed: seed})
}

// PipelineInfo returns the stage of a run of the pipeline, such as "sft", to vary it. The reward of
// "ppo" is a run that is not known yet.
func PipelineInfo(name string) StageInfo {
	all := Pipeline(PipelineFull)
	i := slices.IndexFunc(all, func(s PipelineStep) bool { return s.Name == name })
	if i < 0 {
		return StageInfo{}
	}
	return all[i].Info
}
