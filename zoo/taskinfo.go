package zoo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"lmzoo/corpus"
	"lmzoo/task"
)

// TaskInfo is the task that a run was fine-tuned for, as recorded in config.json.
type TaskInfo struct {
	// File is the absolute path of a .tsv or .jsonl file, or ReviewsTask
	File   string `json:"file"`
	SHA256 string `json:"sha256,omitempty"` // hash of the file
	Split  string `json:"split"`            // train/valid/test in per cent
	Seed   uint64 `json:"seed"`             // seed of the split and of the draw
	// Labels is the number of examples drawn from the training part (0: all)
	Labels int `json:"labels,omitempty"`

	Classes []string `json:"classes"`
	Pairs   bool     `json:"pairs,omitempty"`

	Pool   task.Pool `json:"pool"`
	Mixed  bool      `json:"mixed,omitempty"`  // mixture of all layers
	Lambda float64   `json:"lambda,omitempty"` // weight of the auxiliary language-model loss
	// BodyLR is the learning rate of the pre-trained weights; the head learns with lr
	BodyLR float64 `json:"body_lr"`
}

// ReviewsTask is the name of the labelled task of the synthetic world.
const ReviewsTask = "reviews"

// The numbers of reviews of ReviewsTask.
const (
	reviewsTrain = 2000
	reviewsHeld  = 1000
)

// TaskSplit is the default split of a task's file.
const TaskSplit = "80/10/10"

// TaskSets holds the examples of a task for training, validation and test.
type TaskSets struct {
	Train, Valid, Test *task.Set
	World              *task.World // the source of ReviewsTask; nil for a file
}

// Load reads the examples of the task and draws the labels. It sets the absolute path, the hash,
// the classes and, if empty, the split. If i already has a hash, Load returns an error for a file
// with another one.
func (i *TaskInfo) Load() (TaskSets, error) {
	if i.Split == "" {
		i.Split = TaskSplit
	}
	sets, err := i.read()
	if err != nil {
		return TaskSets{}, err
	}
	if i.Labels > 0 {
		if sets.Train, err = sets.Train.Draw(i.Labels, i.Seed); err != nil {
			return TaskSets{}, Misuse{fmt.Errorf("task %s: %w", i.File, err)}
		}
	}
	for _, class := range sets.Train.Classes {
		labelled := func(e task.Example) bool { return e.Label == class }
		if !slices.ContainsFunc(sets.Train.Examples, labelled) {
			return TaskSets{}, Misuse{fmt.Errorf("task %s: none of the %d training examples has "+
				"the label %q; give more examples, or another --split", i.File,
				len(sets.Train.Examples), class)}
		}
	}
	i.Classes, i.Pairs = sets.Train.Classes, sets.Train.Pairs()
	return sets, nil
}

// read returns all examples of the task, split into three sets.
func (i *TaskInfo) read() (TaskSets, error) {
	if i.File == ReviewsTask {
		w := task.NewWorld(i.Seed, reviewsTrain, reviewsHeld, reviewsHeld)
		return TaskSets{w.Train, w.Dev, w.Test, w}, nil
	}
	path, err := filepath.Abs(i.File)
	if err != nil {
		return TaskSets{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return TaskSets{}, fmt.Errorf("reading the task: %w; want a .tsv or .jsonl file, or %s",
			err,
			ReviewsTask)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if i.SHA256 != "" && i.SHA256 != hash {
		return TaskSets{}, fmt.Errorf(
			"%s has changed since the run was trained; evaluate on another file with --task, "+
				"or fine-tune again", path)
	}
	set, err := task.Open(path)
	if err != nil {
		return TaskSets{}, Misuse{err}
	}
	if err := set.CheckTraining(); err != nil {
		return TaskSets{}, Misuse{fmt.Errorf("task %s: %w", i.File, err)}
	}
	ratio, err := corpus.ParseRatio(i.Split)
	if err != nil {
		return TaskSets{}, Misuse{err}
	}
	i.File, i.SHA256 = path, hash
	var sets TaskSets
	sets.Train, sets.Valid, sets.Test = set.Split(ratio, i.Seed)
	return sets, nil
}
