package events

import "strings"

// Mode is how an HTTP message carries events (HTTP binding §3).
type Mode uint8

// The modes.
const (
	NoEvent Mode = iota
	Binary
	Structured
	Batch
)

// ContentTypePrefix begins the content types of structured and of batch mode, in upper or lower case.
const ContentTypePrefix = "application/cloudevents"

// ModeOf returns the mode of a message, given its content-type and its ce-specversion, which are "" if it has none.
func ModeOf(contentType, specVersion string) Mode {
	switch {
	case hasPrefixFold(contentType, ContentTypePrefix+"-batch"):
		return Batch
	case hasPrefixFold(contentType, ContentTypePrefix):
		return Structured
	case specVersion != "":
		return Binary
	}
	return NoEvent
}

// CheckFormat returns an error if a content type of structured or batch mode names another format than JSON.
func CheckFormat(contentType string) error {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.TrimSpace(mediaType)
	if strings.EqualFold(mediaType, StructuredJSON) || strings.EqualFold(mediaType, BatchJSON) {
		return nil
	}
	return &Error{Problem: "of all formats of structured mode, only JSON can be read", Unsupported: true}
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

func hasSuffixFold(text, suffix string) bool {
	return len(text) >= len(suffix) && strings.EqualFold(text[len(text)-len(suffix):], suffix)
}
