package xpath

import (
	"errors"

	"github.com/funcroute/funcroute/plugins/kit/template/xmltext"
)

const (
	// maxNodes is how many nodes a document may have. It bounds the memory that a body can make us use.
	maxNodes     = 1 << 20
	bytesPerStep = 4
)

// budget is how many steps all expressions together may do on one document: a step is a node that is looked at or bytesPerStep
// bytes of text, and what takes longer counts as several. It grows with the document, so that a small one cannot keep a worker
// for long, while a large one, whose reading takes its time as well, can be gone through several times. BenchmarkHostile tells
// how long the work takes.
func budget(nodes, bytes int) int {
	const most, least, times = 4_000_000, 500_000, 10
	return min(most, least+times*(nodes+bytes/bytesPerStep))
}

// nodeKind is one of the kinds of nodes of XPath 1.0 section 5. Namespace nodes do not exist here.
type nodeKind uint8

const (
	rootNode nodeKind = iota
	elementNode
	attributeNode
	textNode
	commentNode
	instructionNode
)

// node is one node. Nodes are numbered in document order, an element's attributes before its content.
type node struct {
	kind nodeKind
	// parent and previous are the parent's number and the previous sibling's, -1 if there is none.
	parent, previous int32
	// end is the number behind the node's last descendant; attributes is how many attributes it has.
	end, attributes int32
	// name is that of elements and attributes, and the target of a processing instruction. Each stands in memory once.
	name *xmltext.Name
	// value is the text of everything but elements.
	value string
}

// Document is an XML document as XPath sees it. It is for one goroutine at a time.
type Document struct {
	nodes []node
	// left is how many steps may still be done.
	left int
}

// Parse reads a document. The content type, which may be empty, is that of the message: it can tell the encoding.
func Parse(document []byte, contentType string) (*Document, error) {
	return parse(document, contentType, maxNodes)
}

func parse(document []byte, contentType string, most int) (*Document, error) {
	text, err := xmltext.Decode(document, contentType)
	if err != nil {
		return nil, err
	}
	b := &builder{document: &Document{}, most: most, names: map[xmltext.Name]*xmltext.Name{}}
	b.document.nodes = []node{{kind: rootNode, parent: -1, previous: -1}}
	b.open = []opened{{0, -1}}
	if err := xmltext.Read(text, b); err != nil {
		return nil, err
	}
	b.document.nodes[0].end = int32(len(b.document.nodes)) //nolint:gosec // At most maxNodes.
	b.document.left = budget(len(b.document.nodes), len(text))
	return b.document, nil
}

// builder makes a document of what a reader finds.
type builder struct {
	document *Document
	// most is how many nodes there may be.
	most  int
	names map[xmltext.Name]*xmltext.Name
	// open are the root and the elements that have not ended, each with its last child so far.
	open []opened
}

type opened struct{ node, last int32 }

var errTooManyNodes = errors.New("it has too many elements, attributes and texts")

func (b *builder) add(n node) (int32, error) {
	if len(b.document.nodes) >= b.most {
		return 0, errTooManyNodes
	}
	index := int32(len(b.document.nodes)) //nolint:gosec // Less than maxNodes.
	n.end = index + 1
	b.document.nodes = append(b.document.nodes, n)
	return index, nil
}

// child adds a child of the element that is open.
func (b *builder) child(n node) (int32, error) {
	parent := &b.open[len(b.open)-1]
	n.parent, n.previous = parent.node, parent.last
	index, err := b.add(n)
	parent.last = index
	return index, err
}

func (b *builder) name(of xmltext.Name) *xmltext.Name {
	known, ok := b.names[of]
	if !ok {
		known = &of
		b.names[of] = known
	}
	return known
}

// Start implements xmltext.Handler.
func (b *builder) Start(element xmltext.Name, attributes []xmltext.Attribute) error {
	index, err := b.child(node{kind: elementNode, name: b.name(element)})
	if err != nil {
		return err
	}
	for _, a := range attributes {
		if _, err := b.add(node{kind: attributeNode, parent: index, previous: -1, name: b.name(a.Name), value: a.Value}); err != nil {
			return err
		}
	}
	b.document.nodes[index].attributes = int32(len(attributes)) //nolint:gosec // Less than maxNodes.
	b.open = append(b.open, opened{index, -1})
	return nil
}

// End implements xmltext.Handler.
func (b *builder) End() error {
	last := len(b.open) - 1
	b.document.nodes[b.open[last].node].end = int32(len(b.document.nodes)) //nolint:gosec // At most maxNodes.
	b.open = b.open[:last]
	return nil
}

// Text implements xmltext.Handler.
func (b *builder) Text(text string) error {
	_, err := b.child(node{kind: textNode, value: text})
	return err
}

// Comment implements xmltext.Handler.
func (b *builder) Comment(text string) error {
	_, err := b.child(node{kind: commentNode, value: text})
	return err
}

// Instruction implements xmltext.Handler.
func (b *builder) Instruction(target, text string) error {
	_, err := b.child(node{kind: instructionNode, name: b.name(xmltext.Name{Local: target}), value: text})
	return err
}
