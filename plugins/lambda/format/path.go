package format

import (
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
)

// appendPathParameters writes what the route's path template has captured. It reports whether that is anything.
func appendPathParameters(to []byte, c *client, text func(parameters.Value) string) ([]byte, bool) {
	start := len(to)
	to = append(to, '{')
	for name, value := range c.request.Parameters.All() {
		if value.FromPath() && value.Present() {
			to = jsontext.AppendString(to, name)
			to = jsontext.AppendString(append(to, ':'), text(value))
			to = append(to, ',')
		}
	}
	if to[len(to)-1] != ',' {
		return to[:start], false
	}
	to[len(to)-1] = '}'
	return to, true
}

// routeTemplate turns our notation of a path into the gateway's: {+rest} is {rest+} there, and neither optional parts
// nor defaults can be told.
func routeTemplate(template string) string {
	var route strings.Builder
	for rest := template; rest != ""; {
		begin := strings.IndexAny(rest, "{}")
		if begin < 0 {
			route.WriteString(rest)
			break
		}
		route.WriteString(rest[:begin])
		end := strings.IndexByte(rest[begin:], '}') + begin
		if strings.HasPrefix(rest[begin:], "{{") || rest[begin] == '}' || end < begin { // A literal brace.
			route.WriteByte(rest[begin])
			rest = rest[min(begin+2, len(rest)):]
			continue
		}
		name, greedy := strings.CutPrefix(rest[begin+1:end], "+")
		name = name[:len(name)-len(strings.TrimLeft(name, nameLetters))]
		if greedy {
			name += "+"
		}
		route.WriteString("{" + name + "}")
		rest = rest[end+1:]
	}
	return route.String()
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
