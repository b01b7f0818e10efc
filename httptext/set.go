package httptext

// Set is a set of ASCII characters: those that may stand in some place as they are. Sets can be joined: Unreserved | Slash.
type Set uint16

// The sets that standards name, and those of places of our own.
const (
	// Alphanumeric are letters and digits.
	Alphanumeric Set = 1 << iota
	// Unreserved are the characters that mean nothing anywhere in a URI (RFC 3986 §2.3): letters, digits and -._~
	Unreserved
	// Reserved are those that separate the parts of a URI (RFC 3986 §2.2).
	Reserved
	// RegName are those of a host's name in a URI (RFC 3986 §3.2.2), without the percent sign.
	RegName
	// UserInfo are the characters of what stands before the host in a URI (RFC 3986 §3.2.1), without the percent sign.
	UserInfo
	// Path are those of a URI's path (RFC 3986 §3.3), the slash included and without the percent sign.
	Path
	// Query are those of a URI's query and of its fragment (RFC 3986 §3.4), without the percent sign.
	Query
	// QueryValue are those of [Query] that neither separate the pairs of a query, as some take ";" to do, nor, like "+" and ",",
	// mean something else in a value.
	QueryValue
	// Token are those of methods and of headers' names (RFC 9110 §5.6.2).
	Token
	// FieldName are those of headers' names as HTTP/2 and Envoy have them (RFC 9113 §8.2.1): Token without large letters.
	FieldName
	// Authority are the characters of names, addresses and ports. None of them can begin a path or end a user.
	Authority
	// Form are those that application/x-www-form-urlencoded leaves as they are
	// (https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set).
	Form
	// EventAttribute are those that CloudEvents leave as they are in a header (HTTP binding §3.1.3.2).
	EventAttribute
	// Slash is the slash alone.
	Slash
	// Percent is the percent sign alone, for a text that has been encoded already.
	Percent
)

// Has reports whether a byte is a character of the set. No byte beyond ASCII is.
func (s Set) Has(c byte) bool { return sets[c]&s != 0 }

// Holds reports whether all characters of a text are in the set. They are in the empty text.
func (s Set) Holds(text string) bool {
	for i := range len(text) {
		if sets[text[i]]&s == 0 {
			return false
		}
	}
	return true
}

// sets has for each byte the sets that it is in.
var sets = func() (table [256]Set) {
	allow := func(characters string, in Set) {
		for i := range len(characters) {
			table[characters[i]] |= in
		}
	}
	const anywhere = Alphanumeric | Unreserved | RegName | UserInfo | Path | Query | QueryValue | Token | Authority | Form | EventAttribute
	allow("ABCDEFGHIJKLMNOPQRSTUVWXYZ", anywhere)
	allow("abcdefghijklmnopqrstuvwxyz0123456789", anywhere|FieldName)
	allow("-._~", Unreserved|RegName|UserInfo|Path|Query|QueryValue|Authority)
	const subDelims = "!$&'()*+,;="
	allow(":/?#[]@"+subDelims, Reserved)
	allow(subDelims, RegName|UserInfo|Path|Query)
	allow(":", UserInfo|Path|Query)
	allow("@/", Path|Query)
	allow("?", Query)
	allow(":/?@!$'()*=", QueryValue)
	allow("!#$%&'*+-.^_`|~", Token|FieldName)
	allow(":[]", Authority)
	allow("-._*", Form)
	for c := '!'; c <= '~'; c++ {
		if c != '"' && c != '%' {
			table[c] |= EventAttribute
		}
	}
	allow("/", Slash)
	allow("%", Percent)
	return table
}()
