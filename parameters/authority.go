package parameters

import "strings"

// host is the authority without its port. An IPv6 address keeps its brackets; one without brackets has no port.
func host(authority string) string {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 {
		return authority
	}
	for i := colon + 1; i < len(authority); i++ {
		if authority[i] < '0' || authority[i] > '9' {
			return authority
		}
	}
	before := authority[:colon]
	if strings.IndexByte(before, ':') >= 0 && !strings.HasSuffix(before, "]") {
		return authority
	}
	return before
}
