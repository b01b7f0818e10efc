package main

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// field is the last bytes field of that number in a message, which is what counts in protobuf.
func field(message []byte, number protowire.Number) []byte {
	var found []byte
	each(message, func(n protowire.Number, value []byte) {
		if n == number {
			found = value
		}
	})
	return found
}

func each(message []byte, visit func(protowire.Number, []byte)) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			panic(protowire.ParseError(n))
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			panic(protowire.ParseError(n))
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			visit(number, value)
		}
		message = message[n:]
	}
}

// metadata reads a serialized envoy.config.core.v3.Metadata: field 1 maps namespaces to Structs.
func metadata(message []byte) map[string]any {
	namespaces := map[string]any{}
	each(message, func(number protowire.Number, entry []byte) {
		if number != 1 {
			panic("unexpected field in Metadata")
		}
		var fields structpb.Struct
		must(proto.Unmarshal(field(entry, 2), &fields))
		namespaces[string(field(entry, 1))] = fields.AsMap()
	})
	return namespaces
}
