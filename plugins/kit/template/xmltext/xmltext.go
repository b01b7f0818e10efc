// Package xmltext reads XML documents: it brings them into UTF-8, checks them, and hands over what is in them.
//
//	encoding.go  what encoding a document is in
//	read.go      what is in it
package xmltext

// Check reports whether a document in UTF-8 is one that [Read] takes.
func Check(document []byte) error { return Read(document, nothing{}) }

// nothing is a handler that wants to know nothing.
type nothing struct{}

var _ Handler = nothing{}

func (nothing) Start(Name, []Attribute) error    { return nil }
func (nothing) End() error                       { return nil }
func (nothing) Text(string) error                { return nil }
func (nothing) Comment(string) error             { return nil }
func (nothing) Instruction(string, string) error { return nil }
