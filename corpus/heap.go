package corpus

// heap is a binary heap with the smallest element on top (Williams 1964). Unlike container/heap, it
// does not box its elements.
type heap[E interface{ before(E) bool }] []E

func (h *heap[E]) push(e E) {
	*h = append(*h, e)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !s[i].before(s[up]) {
			return
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

func (h *heap[E]) pop() E {
	s := *h
	top := s[0]
	last := len(s) - 1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		first := i
		for down := 2*i + 1; down <= 2*i+2 && down < last; down++ {
			if s[down].before(s[first]) {
				first = down
			}
		}
		if first == i {
			return top
		}
		s[i], s[first] = s[first], s[i]
		i = first
	}
}
