package zoo

import (
	"context"
	"slices"
)

// PipelineBase returns the order of the pre-training of a pipeline, with values in place of its
// usual settings.
func (cat Catalogue) PipelineBase(
	ctx context.Context, seed uint64, values map[string]any,
) (Order, error) {
	return cat.preTraining(ctx, PipelineStep{Values: values}, PipelineOptions{Seed: seed})
}

// PipelineInfo returns the stage that makes a run of the pipeline, such as "sft", for callers that
// vary it. The reward of "ppo" is not set, because it is a run that does not exist yet.
func PipelineInfo(name string) StageInfo {
	all := Pipeline(PipelineFull)
	i := slices.IndexFunc(all, func(s PipelineStep) bool { return s.Name == name })
	if i < 0 {
		return StageInfo{}
	}
	return all[i].Info
}
