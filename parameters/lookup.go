package parameters

import "github.com/funcroute/funcroute/jsontext"

// Lookup finds values in JSON documents: all of them in one pass, which also checks that the whole document is JSON in
// UTF-8 and not nested too deeply. Nothing is decoded. The zero Lookup looks for nothing; one that is complete is safe for
// concurrent use.
type Lookup struct {
	places jsontext.Places
	count  int
}

// Add has the lookup find the value that the names lead to: members of objects, or indexes into arrays in decimal digits.
// Without names that is the document itself. It returns the value's place in what [Lookup.Find] finds. Each value can be
// added once.
func (l *Lookup) Add(names ...string) int {
	l.places.Add(names, l.count)
	l.count++
	return l.count - 1
}

// Find appends the values to dst, as they stand in the document; those that are not there are nil. An empty document
// has none. The error is an [*Error].
func (l *Lookup) Find(document []byte, dst [][]byte) ([][]byte, error) {
	var scratch [spansOnStack]jsontext.Span
	found := spans(&scratch, l.count)
	if len(document) > 0 {
		if err := scan(document, &l.places, found); err != nil {
			return dst, err
		}
	}
	for _, f := range found {
		if f.Start == f.End {
			dst = append(dst, nil)
			continue
		}
		dst = append(dst, document[f.Start:f.End:f.End])
	}
	return dst, nil
}
