package openapi

import (
	"strings"

	"github.com/funcroute/funcroute/plugins"
)

// setHeaders sets the operation's headers and cookies. Those that no parameter feeds are the client's own, and checked all
// the same.
func (f *Function) setHeaders(r *plugins.Request) error {
	var cookies []byte
	var replaced map[string]bool
	for i, p := range f.parameters {
		in := &f.inputs[i]
		if p.in != "header" && p.in != "cookie" {
			continue
		}
		sent, there := sentBy(r.Headers, p)
		if in.index < 0 && there {
			if err := p.checkSent(sent); err != nil {
				return in.problem("%v", err)
			}
			continue
		}
		value, present, err := in.value(r.Parameters, p.schema, p.standard)
		if err != nil {
			return in.problem("%v", err)
		}
		if !present && p.required {
			return in.problem("is missing")
		}
		if p.in == "header" {
			err = setHeader(r.Headers, p, value, present)
		} else {
			if replaced == nil {
				replaced = map[string]bool{}
			}
			replaced[p.name] = true
			if present && !isEmpty(value) {
				if len(cookies) > 0 {
					cookies = append(cookies, "; "...)
				}
				cookies, err = p.appendCookie(cookies, value)
			}
		}
		if err != nil {
			return in.problem("%v", err)
		}
	}
	if replaced != nil {
		setCookies(r.Headers, cookies, replaced)
	}
	return nil
}

func (p *parameter) checkSent(sent string) error {
	if p.json {
		value, err := decodeJSON([]byte(sent))
		if err == nil && p.schema.check != nil {
			err = p.schema.check(value)
		}
		return err
	}
	return p.schema.checkText(sent)
}

// sentBy returns what the client has sent under the name of a header or a cookie.
func sentBy(headers plugins.Headers, p *parameter) (value string, there bool) {
	if p.in == "cookie" {
		return cookieOf(headers.Values("cookie"), p.name)
	}
	found := headers.Values(strings.ToLower(p.name))
	return strings.Join(found, ","), len(found) > 0
}

func setHeader(headers plugins.Headers, p *parameter, value any, present bool) error {
	name := strings.ToLower(p.name)
	if !present {
		headers.Remove(name)
		return nil
	}
	text, err := p.header(value)
	if err == nil {
		headers.Set(name, text)
	}
	return err
}

func setCookies(headers plugins.Headers, cookies []byte, replaced map[string]bool) {
	all := withoutCookies(headers.Values("cookie"), replaced)
	if len(all) > 0 && len(cookies) > 0 {
		all = append(all, "; "...)
	}
	all = append(all, cookies...)
	if len(all) == 0 {
		headers.Remove("cookie")
		return
	}
	headers.Set("cookie", string(all))
}
