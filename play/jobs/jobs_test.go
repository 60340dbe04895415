package jobs

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/eval"
	"lmzoo/play/playtest"
	"lmzoo/train"
	"lmzoo/zoo"
)

type jobsReply struct{ Jobs []Job }

// settled waits for the end of a job.
func settled(t *testing.T, url, id string) Job {
	t.Helper()
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(
		20 * time.Millisecond) {
		for _, j := range playtest.OK[jobsReply](t, "GET", url+"/api/jobs", "").Jobs {
			if j.ID == id && j.State != Queued && j.State != Running {
				return j
			}
		}
	}
	t.Fatalf("%s has not ended", id)
	return Job{}
}

type jobReply struct{ Job string }

// TestTrainText trains on a text from the form. The model appears in the list, and its directory
// opens.
func TestTrainText(t *testing.T) {
	dir := t.TempDir()
	q, ts := testServer(t, Options{TrainDir: dir})
	text := strings.Repeat("the cat sat on the mat.\n\nthe dog sat on the log.\n\n", 60)
	body, err := json.Marshal(map[string]any{"kind": "train", "species": "gru", "size": "tiny",
		"corpus": "text", "text": text, "budget": 1, "tokenizer": "char"})
	require.NoError(t, err)
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs", string(body)).Job
	j := settled(t, ts.URL, id)
	require.Equal(t, Done, j.State, j.Error)
	require.Equal(t, "my-gru", j.Model)
	require.NotEmpty(t, j.Curve)
	require.NotEmpty(t, j.Valid)
	require.Len(t, j.Samples, len(j.Valid))
	require.NotEmpty(t, j.Samples[0].Text)
	require.Equal(t, j.Valid[0].Loss, j.Samples[0].Loss)
	require.Len(t, j.Lines, 1, "the limit of a visitor's text is unknown")
	require.Equal(t, "5-gram", j.Lines[0].Name)
	require.Positive(t, j.Lines[0].Loss)
	require.LessOrEqual(t, len(j.Curve), maxCurve+1)
	require.Less(t, float64(j.Curve[len(j.Curve)-1].Loss), float64(j.Curve[0].Loss),
		"it learned something")

	_, err = q.models.Get("", "my-gru")
	require.NoError(t, err, "visitors can use it")
	r, err := zoo.Standard().Open(filepath.Join(dir, "my-gru"))
	require.NoError(t, err)
	data := r.Config.Data
	_, err = data.Load(t.Context(), zoo.Input{})
	require.NoError(t, err, "the text it was made from lies beside it")

	second := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
		`{"kind":"train","species":"unigram","corpus":"text","text":`+quote(text)+`}`).Job
	require.Equal(t, "my-unigram", settled(t, ts.URL, second).Model,
		"what is counted needs no budget")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

func quote(text string) string {
	data, _ := json.Marshal(text) // marshalling a string cannot fail
	return string(data)
}

// TestQueue checks that jobs run one at a time, that waiting and running jobs can be cancelled, and
// that the queue is bounded.
func TestQueue(t *testing.T) {
	_, ts := testServer(t, Options{TrainDir: t.TempDir(), Waiting: 2})
	body := `{"kind":"train","species":"rnn","size":"tiny","budget":60}`
	ids := []string{}
	for range 3 {
		ids = append(ids, playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs", body).Job)
		for len(ids) == 1 && playtest.OK[jobsReply](t, "GET", ts.URL+"/api/jobs",
			"").Jobs[0].State != Running {
			time.Sleep(5 * time.Millisecond)
		}
	}
	status, text := playtest.Call(t, "POST", ts.URL+"/api/jobs", body)
	require.Equal(t, 429, status, text)
	all := playtest.OK[jobsReply](t, "GET", ts.URL+"/api/jobs", "").Jobs
	require.Equal(t, []string{Running, Queued, Queued},
		[]string{all[0].State, all[1].State, all[2].State})
	require.Equal(t, 2, all[2].Position)

	status, _ = playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+ids[1], "")
	require.Equal(t, 200, status)
	require.Equal(t, Cancelled, settled(t, ts.URL, ids[1]).State)
	status, _ = playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+ids[0], "")
	require.Equal(t, 200, status)
	require.Equal(t, Cancelled, settled(t, ts.URL, ids[0]).State)
	for playtest.OK[jobsReply](t, "GET", ts.URL+"/api/jobs", "").Jobs[2].State != Running {
		time.Sleep(5 * time.Millisecond) // wait for its turn
	}
	status, _ = playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+ids[0], "")
	require.Equal(t, 200, status, "cancelled it is already")
}

// TestResume resumes a cancelled training, on this server and on a new one, to its planned end.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	_, ts := testServer(t, Options{TrainDir: dir})
	type found struct{ Runs []unfinished }
	require.Empty(t, playtest.OK[found](t, "GET", ts.URL+"/api/unfinished", "").Runs)
	body := `{"kind":"train","species":"rnn","size":"tiny","budget":3}`
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs", body).Job
	for {
		j := playtest.OK[jobsReply](t, "GET", ts.URL+"/api/jobs", "").Jobs[0]
		require.NotEqual(t, Failed, j.State, j.Error)
		require.Empty(t, playtest.OK[found](t, "GET", ts.URL+"/api/unfinished", "").Runs,
			"it is being trained")
		if j.Step >= 30 { // so that the curve has points before the last
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	status, _ := playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+id, "")
	require.Equal(t, 200, status)
	stopped := settled(t, ts.URL, id)
	require.Equal(t, Cancelled, stopped.State)
	runs := playtest.OK[found](t, "GET", ts.URL+"/api/unfinished", "").Runs
	require.Len(t, runs, 1)
	require.Equal(t, "my-rnn", runs[0].ID)
	require.Equal(t, 3.0, runs[0].Budget)
	require.GreaterOrEqual(t, runs[0].Step, 30)

	// Another server notices that another program writes to the run.
	held, err := zoo.Acquire(filepath.Join(dir, "my-rnn"))
	require.NoError(t, err)
	again, ts2 := testServer(t,
		Options{TrainDir: filepath.Join(dir, "elsewhere"),
			Runs: []string{filepath.Join(dir, "my-rnn"), filepath.Join(dir, "my-rnn") + "/"}})
	require.Empty(t, playtest.OK[found](t, "GET", ts2.URL+"/api/unfinished", "").Runs)
	held.Release()
	checkpoint := filepath.Join(dir, "my-rnn", zoo.CheckpointFile)
	require.NoError(t, os.Rename(checkpoint, train.PreviousPath(checkpoint)))
	require.Len(t, playtest.OK[found](t, "GET", ts2.URL+"/api/unfinished", "").Runs, 1)
	for _, name := range []string{"", "nothing", "../my-rnn", filepath.Join(dir, "my-rnn")} {
		status, text := playtest.Call(t, "POST", ts2.URL+"/api/jobs",
			`{"kind":"resume","run":`+quote(name)+`}`)
		require.Equal(t, 404, status, text)
	}
	id = playtest.OK[jobReply](t, "POST", ts2.URL+"/api/jobs",
		`{"kind":"resume","run":"my-rnn"}`).Job
	_, err = again.add(filepath.Join(dir, "my-rnn"), "train", "", nil)
	require.ErrorContains(t, err, "already")
	require.Empty(t, playtest.OK[found](t, "GET", ts2.URL+"/api/unfinished", "").Runs,
		"it has a checkpoint, but is being trained")
	j := settled(t, ts2.URL, id)
	require.Equal(t, Done, j.State, j.Error)
	require.Equal(t, "my-rnn", j.Model)
	require.Greater(t, j.Step, stopped.Step)
	require.Less(t, j.Curve[0].Step, stopped.Step,
		"the curve begins before the training was stopped")
	require.Empty(t, playtest.OK[found](t, "GET", ts2.URL+"/api/unfinished", "").Runs)
	r, err := zoo.Standard().Open(filepath.Join(dir, "my-rnn"))
	require.NoError(t, err)
	require.NotNil(t, r.Config.Result)
	require.Equal(t, "my-rnn", again.models.Add(r), "trained on, it takes its own place")
}

// TestJobFails checks that a job carries its error.
func TestJobFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	s, ts := testServer(t, Options{TrainDir: file}) // a directory cannot be made here
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
		`{"kind":"train","species":"unigram"}`).Job
	j := settled(t, ts.URL, id)
	require.Equal(t, Failed, j.State)
	require.Contains(t, j.Error, "make the directory of the runs")
	require.Equal(t, "train-1", id)
	require.Len(t, s.models.List(), 8)
}

// TestWatch checks the stream of changes of jobs.
func TestWatch(t *testing.T) {
	_, ts := testServer(t, Options{TrainDir: t.TempDir()})
	lines := make(chan string, 100)
	stop := playtest.Follow(t, ts.URL+"/api/jobs/events", lines)
	defer stop()
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
		`{"kind":"train","species":"unigram","corpus":"text","text":`+
			quote(strings.Repeat("a b c d. ", 300))+`}`).Job
	for line := range lines {
		if strings.Contains(line, id) && strings.Contains(line, `"state":"done"`) {
			return
		}
	}
}

// TestReport checks that a report is made and served.
func TestReport(t *testing.T) {
	_, ts := testServer(t, Options{})
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
		`{"kind":"compare","models":["uniform","ngram"]}`).Job
	j := settled(t, ts.URL, id)
	require.Equal(t, Done, j.State, j.Error)
	status, text := playtest.Call(t, "DELETE", ts.URL+"/api/jobs/"+id, "")
	require.Equal(t, 409, status)
	require.Contains(t, text, id+" has ended (done)")
	require.Equal(t, Done, settled(t, ts.URL, id).State)
	status, page := playtest.Call(t, "GET", ts.URL+j.Report, "")
	require.Equal(t, 200, status)
	require.Contains(t, page, "Kneser-Ney")
}

// TestLines checks the lines of a training on the world against the report of an evaluation, and
// that the limit is the lowest line.
func TestLines(t *testing.T) {
	q, ts := testServer(t, Options{TrainDir: t.TempDir()})
	id := playtest.OK[jobReply](t, "POST", ts.URL+"/api/jobs",
		`{"kind":"train","species":"rnn","size":"tiny","budget":1}`).Job
	j := settled(t, ts.URL, id)
	require.Equal(t, Done, j.State, j.Error)
	require.Len(t, j.Lines, 2)
	require.Equal(t, "the limit", j.Lines[1].Name)
	require.Less(t, j.Lines[1].Loss, j.Lines[0].Loss)
	m, err := q.models.Get("", j.Model)
	require.NoError(t, err)
	require.Equal(t, "Elman RNN", m.Run.Species.Title)
	split, err := m.Run.Config.Data.Load(t.Context(), zoo.Input{})
	require.NoError(t, err)
	r, err := eval.Run(t.Context(), m.LM, m.Tokenizer(), zoo.HeldOut(m.Tokenizer(), split.Valid),
		eval.Options{})
	require.NoError(t, err)
	require.InDelta(t, r.LimitNats/float64(r.Tokens), float64(j.Lines[1].Loss), 1e-3)
	best := math.Inf(1)
	for _, p := range j.Valid {
		best = min(best, float64(p.Loss))
	}
	require.InDelta(t, r.Nats/float64(r.Tokens), best, 1e-3,
		"curve and lines are measured on the same text")
}

// TestSamples checks that the samples are bounded and keep the first one.
func TestSamples(t *testing.T) {
	var j Job
	for step := range 100 {
		j.addSample(Sample{Step: step})
		require.LessOrEqual(t, len(j.Samples), maxSamples)
		require.Zero(t, j.Samples[0].Step)
	}
}
