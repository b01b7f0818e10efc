package format

// groups finds the entries of a list that have the same name. The zero value is ready; it can be used again and again.
type groups struct {
	// next is, for each entry, the next one of its name, or 0, for Envoy bounds a request's head to megabytes; first tells the first of each name.
	next  []int32
	first []bool
	// index is used for lists so long that comparing each entry with each would let a client burn our time.
	index map[string]int32
}

// maxCompared is the length up to which comparing is faster than a map.
const maxCompared = 32

// of sorts a list into groups.
func (g *groups) of(list []entry) {
	g.next, g.first = g.next[:0], g.first[:0]
	for range list {
		g.next, g.first = append(g.next, 0), append(g.first, false)
	}
	if len(list) > maxCompared {
		g.ofMany(list)
		return
	}
	for i := range list {
		g.first[i] = true
		for j := i - 1; j >= 0; j-- {
			if list[j].name == list[i].name {
				g.next[j], g.first[i] = int32(i), false
				break
			}
		}
	}
}

func (g *groups) ofMany(list []entry) {
	g.index = make(map[string]int32, len(list))
	for i := range list {
		last, known := g.index[list[i].name]
		if known {
			g.next[last] = int32(i)
		}
		g.first[i] = !known
		g.index[list[i].name] = int32(i)
	}
	g.index = nil
}
