package parameters

// Lookup finds values in JSON documents: all of them in one pass, which also checks that the whole document is JSON in
// UTF-8 and not nested too deeply. Nothing is decoded. The zero Lookup looks for nothing; one that is complete is safe for
// concurrent use.
type Lookup struct {
	root  *node
	count int
}

// Add has the lookup find the value that the names lead to: members of objects, or indexes into arrays in decimal digits.
// Without names that is the document itself. It returns the value's place in what [Lookup.Find] finds. Each value can be
// added once.
func (l *Lookup) Add(names ...string) int {
	if l.root == nil {
		l.root = &node{target: -1}
	}
	l.root.add(names, l.count)
	l.count++
	return l.count - 1
}

// Find appends the values to dst, as they stand in the document; those that are not there are nil. An empty document
// has none. The error is an [*Error].
func (l *Lookup) Find(document []byte, dst [][]byte) ([][]byte, error) {
	var scratch [spansOnStack]span
	found := spans(&scratch, l.count)
	if len(document) > 0 {
		if err := scan(document, l.root, found); err != nil {
			return dst, err
		}
	}
	for _, f := range found {
		if f.start == f.end {
			dst = append(dst, nil)
			continue
		}
		dst = append(dst, document[f.start:f.end:f.end])
	}
	return dst, nil
}
