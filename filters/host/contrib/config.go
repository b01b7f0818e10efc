package contrib

import (
	"fmt"

	xds "github.com/cncf/xds/go/xds/type/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// configJSON returns a configuration as JSON. Users write it as a Struct, as a TypedStruct, or as a text of JSON.
func configJSON(config *anypb.Any) ([]byte, error) {
	if config.GetTypeUrl() == "" {
		return nil, nil
	}
	message, err := config.UnmarshalNew()
	if err != nil {
		return nil, fmt.Errorf("configuration of type %s cannot be read: %w", config.GetTypeUrl(), err)
	}
	switch message := message.(type) {
	case *structpb.Struct:
		return protojson.Marshal(message)
	case *xds.TypedStruct:
		if message.GetValue() == nil {
			return nil, nil
		}
		return protojson.Marshal(message.GetValue())
	case *wrapperspb.StringValue:
		return []byte(message.GetValue()), nil
	case *wrapperspb.BytesValue:
		return message.GetValue(), nil
	}
	return nil, fmt.Errorf("configuration must be a google.protobuf.Struct or an xds.type.v3.TypedStruct, not a %s", config.GetTypeUrl())
}
