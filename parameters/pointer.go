package parameters

import (
	"errors"
	"fmt"
	"strings"
)

// parsePointer splits a JSON Pointer (RFC 6901) that is written without its first slash.
func parsePointer(pointer string) ([]string, error) {
	if strings.HasPrefix(pointer, "/") {
		return nil, errors.New("the pointer is written without its first slash: body.name, body.address/city")
	}
	names := strings.Split(pointer, "/")
	for i, name := range names {
		unescaped := strings.NewReplacer("~0", "", "~1", "").Replace(name)
		if strings.Contains(unescaped, "~") {
			return nil, fmt.Errorf("%q: in a JSON Pointer ~ is written ~0, and / in a name ~1", name)
		}
		names[i] = strings.NewReplacer("~0", "~", "~1", "/").Replace(name)
	}
	return names, nil
}
