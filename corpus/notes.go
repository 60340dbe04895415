package corpus

import (
	"fmt"
	"strings"
)

// notes collects remarks about the files of a corpus and groups the files by remark.
type notes struct {
	remarks []string // in order of appearance
	files   map[string][]string
	known   map[[2]string]bool // remarks with their files
	lines   []string           // finished before
}

const notText = "not text"

// maxNamed is the maximum number of files that a note names.
const maxNamed = 3

// leaveOut records that a file was not read.
func (n *notes) leaveOut(file, why string) { n.about(file, "left out, "+why) }

// about records a remark about a file.
func (n *notes) about(file, remark string) {
	if n.files == nil {
		n.files, n.known = map[string][]string{}, map[[2]string]bool{}
	}
	if len(n.files[remark]) == 0 {
		n.remarks = append(n.remarks, remark)
	}
	if key := [2]string{remark, file}; !n.known[key] {
		n.known[key] = true
		n.files[remark] = append(n.files[remark], file)
	}
}

func (n *notes) add(other notes) {
	for _, remark := range other.remarks {
		for _, file := range other.files[remark] {
			n.about(file, remark)
		}
	}
}

// send passes one line per remark to to.
func (n *notes) send(to func(string)) {
	if to == nil {
		return
	}
	for _, remark := range n.remarks {
		files := n.files[remark]
		named := strings.Join(files[:min(len(files), maxNamed)], ", ")
		if more := len(files) - maxNamed; more > 0 {
			named += fmt.Sprintf(" and %d more", more)
		}
		to(named + ": " + remark)
	}
}
