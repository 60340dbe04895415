package jobs

import (
	"context"

	"lmzoo/play/web"
)

// The states of a job.
const (
	Queued    = "queued"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// Job is a training run, a report or an experiment. Its fields change under the lock of its Queue.
type Job struct {
	ID       string  `json:"id"`
	Kind     string  `json:"kind"` // train, compare or lab
	Title    string  `json:"title"`
	State    string  `json:"state"`
	Position int     `json:"position,omitempty"` // place in the queue, from 1
	Progress float64 `json:"progress"`           // 0 to 1
	Doing    string  `json:"doing,omitempty"`
	Step     int     `json:"step,omitempty"`
	Tokens   int     `json:"tokens,omitempty"`
	Seconds  float64 `json:"seconds,omitempty"`
	Curve    []Point `json:"curve,omitempty"` // training loss
	Valid    []Point `json:"valid,omitempty"` // validation loss
	Lines    []Line  `json:"lines,omitempty"` // values to compare the curves with
	// Samples holds the texts that the model wrote at its validations, in order.
	Samples []Sample `json:"samples,omitempty"`
	Error   string   `json:"error,omitempty"`
	Model   string   `json:"model,omitempty"`  // name of the trained model
	Report  string   `json:"report,omitempty"` // path of the report
	// Experiment is the name of the experiment that the job runs.
	Experiment string `json:"experiment,omitempty"`

	stride int    // number of steps between points of the curve
	dir    string // run directory of a training run, once it exists
	work   func(ctx context.Context, j *Job) error
	cancel context.CancelFunc // cancels a running job
	page   []byte             // the report
}

// Point is a point of a learning curve.
type Point struct {
	Step    int       `json:"step"`
	Tokens  int       `json:"tokens"`
	Seconds web.Float `json:"seconds"`
	Loss    web.Float `json:"loss"` // loss in the unit of the training, such as nats per token
}

// maxCurve is the maximum number of points of a curve.
const maxCurve = 300

func (j *Job) ended() bool { return j.State != Queued && j.State != Running }

// addPoint adds a point to the training curve. When the curve is full, every second point is
// dropped.
func (j *Job) addPoint(p Point) {
	if p.Step%j.stride != 0 {
		return
	}
	j.Curve = append(j.Curve, p)
	if len(j.Curve) > maxCurve {
		j.stride *= 2
		kept := j.Curve[:0]
		for _, p := range j.Curve {
			if p.Step%j.stride == 0 {
				kept = append(kept, p)
			}
		}
		j.Curve = kept
	}
}
