package gemm

import "time"

// balance decides whether using helpers pays off. If other processes need the processor, the system
// suspends a thread in the middle of a part, for as long as several tokens take, and the other
// threads wait for it. The balance is the time that helpers have saved, compared with samples of
// the caller alone, minus the time that they have cost. If it falls too low, the caller works alone
// for a multiple of the loss and then tries again. So the loss stays a small share of the time, and
// helpers return soon after the machine is quiet.
type balance struct {
	saved time.Duration
	until time.Duration // the caller works alone until then
	jobs  [16]jobTime   // by a hash of their size
}

// jobTime records how long jobs of one size take.
type jobTime struct {
	size     int
	count    int           // jobs so far
	alone    time.Duration // time of the caller alone; 0 if unknown
	shortest time.Duration // the fastest job
}

const (
	// savings beyond this are forgotten, so that a change shows soon
	mostSaved  = 10 * time.Millisecond
	mostLost   = 2 * time.Millisecond // the loss that ends a trial
	lossFactor = 64                   // time alone after a trial, in multiples of the trial's loss
	mostAlone  = 5 * time.Second
	// too long for a suspension to matter or for a sample to be cheap
	longJob = 40 * time.Millisecond
	// the caller does one job in sampleEvery alone, to measure its time; prime
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

// alone reports whether the caller should do a job of this size alone: while helpers cost more than
// they save, and for a sample. It seldom samples the first jobs of a size, because they still
// allocate memory.
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
	case alone: // a disturbed sample changes little
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
