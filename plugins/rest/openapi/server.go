package openapi

import (
	"net/url"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// base returns the path of the first server that the operation, its path or the document names, without a slash at its
// end. Where the request goes is for the cluster to say, so of a server only the path counts.
func (d *document) base(o *offer) (string, error) {
	root := d.root.root()
	if d.version == version20 {
		return basePath(root.member("basePath"), root.textOf("basePath"))
	}
	servers := root.member("servers")
	for _, list := range []node{o.node.member("servers"), ofItem(o.item, "servers")} {
		if len(list.elements()) > 0 {
			servers = list
			break
		}
	}
	all := servers.elements()
	if len(all) == 0 {
		return "", nil
	}
	first := all[0]
	text := first.textOf("url")
	first.member("variables").members(func(name string, variable node) {
		if standard, is := variable.member("default").text(); is {
			text = strings.ReplaceAll(text, "{"+name+"}", standard)
		}
	})
	return basePath(first, text)
}

// basePath returns the path of a server. What stands before it may be anything, a variable without a default included.
func basePath(n node, server string) (string, error) {
	path := withoutHost(server)
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	if strings.ContainsAny(path, "{}") {
		return "", n.wrong("server %q has a variable without default in its path", server)
	}
	if _, err := url.PathUnescape(path); err != nil {
		return "", n.wrong("server %q has no path that can be called", server)
	}
	base := strings.TrimRight(httptext.Encode(path, kept), "/")
	if segment := httptext.DotSegment(base); segment != "" {
		return "", n.wrong("server %q: its path must not have %q in it", server, segment)
	}
	return base, nil
}

// withoutHost returns what follows the host. A server that begins with a variable begins with its host, and one without a
// host is relative to where the document was found, which nobody knows here.
func withoutHost(server string) string {
	before, after, absolute := strings.Cut(server, "://")
	switch {
	case absolute && !strings.ContainsAny(before, "/?#"):
	case strings.HasPrefix(server, "//"):
		after = server[2:]
	case strings.HasPrefix(server, "{"):
		after = server
	case server == "" || server[0] == '/':
		return server
	default:
		return "/" + server
	}
	if at := strings.IndexAny(after, "/?#"); at >= 0 {
		return after[at:]
	}
	return ""
}
