package gemm

import "time"

// balance decides whether helpers pay. If other processes need the processor, the system suspends a
// thread in the middle of a part, for as long as several tokens take, and the other threads wait
// for it. The balance is the time that helpers have saved, compared with samples of the caller
// alone, minus the time that they have cost. If it falls too low, the caller works alone for a
// multiple of the loss and then tries again. So the loss stays a small share of the time, and
// helpers return soon after the machine is quiet.
type balance struct {
	saved time.Duration
	until time.Duration // the caller works alone until then
	jobs  [16]jobTime   // by a hash of their size
}

// jobTime is how long the caller needs for a job of some size.
type jobTime struct {
	size     int
	count    int           // of jobs
	alone    time.Duration // time of the caller alone; 0 if not known
	shortest time.Duration // of the jobs
}

const (
	// savings beyond it are forgotten, so that a change shows soon
	mostSaved  = 10 * time.Millisecond
	mostLost   = 2 * time.Millisecond // the loss that ends a trial
	lossFactor = 64                   // the time alone after a trial, in losses of the trial
	mostAlone  = 5 * time.Second
	longJob    = 40 * time.Millisecond // no suspension matters to it, and a sample would cost much
	// jobs of a size, of which the caller does one alone to know its time; prime
	sampleEvery = 251
)

// of returns the record of jobs of a size.
func (b *balance) of(size int) *jobTime {
	j := &b.jobs[uint64(size)*0x9e3779b97f4a7c15>>60]
	if j.size != size {
		*j = jobTime{size: size}
	}
	return j
}

// alone reports whether the caller is to do a job of that size alone: while helpers are not worth
// having, and for a sample. The first jobs of a size still allocate memory and tell little.
func (b *balance) alone(now time.Duration, size int) bool {
	j := b.of(size)
	j.count++
	if j.shortest > longJob {
		return false
	}
	if b.until != 0 {
		if now < b.until {
			return true
		}
		b.until, b.saved = 0, 0
	}
	early := j.count >= 4 && j.count&(j.count-1) == 0
	return early || j.count%sampleEvery == 0
}

// add records a job that ran from start to end.
func (b *balance) add(size int, alone bool, start, end time.Duration) {
	j, took := b.of(size), end-start
	if j.shortest == 0 || took < j.shortest {
		j.shortest = took
	}
	switch {
	case j.shortest > longJob:
	case alone && j.alone == 0:
		j.alone = took
	case alone && took < j.alone:
		j.alone -= (j.alone - took) / 2
	case alone: // a sample that was disturbed changes little
		j.alone += (min(took, 2*j.alone) - j.alone) / 8
	case j.alone > 0:
		b.saved = min(b.saved+j.alone-took, mostSaved)
		if b.saved < -mostLost {
			b.until = end + min(-b.saved*lossFactor, mostAlone)
		}
	}
}

var epoch = time.Now()

// now returns the time since the program began.
func now() time.Duration { return time.Since(epoch) }
