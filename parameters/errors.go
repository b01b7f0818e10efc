package parameters

// Error says why a request's parameters could not be taken. It is safe to show to the client: it names the parameter,
// where it was looked for and what would be right, and never holds anything the request said.
type Error struct {
	// Parameter is the name of the parameter, or "" where a whole source does not match.
	Parameter string
	// Source is the key in `funcroute.parameters`, such as "path" or "query.width"; "body" for the body as a whole.
	Source string
	// Problem is the rest of the sentence that begins with the parameter or the source: "is missing".
	Problem string
	// Body says that the body itself is wrong, for instance not JSON, and not only one value in it.
	Body bool
}

func (e *Error) Error() string {
	if e.Parameter == "" {
		return e.Source + " " + e.Problem
	}
	return `parameter "` + e.Parameter + `" (` + e.Source + ") " + e.Problem
}

// The problems that have no details.
const (
	problemMissing      = "is missing"
	problemEscape       = "holds a broken percent-escape; a percent sign itself is written %25"
	problemUTF8         = "is not valid UTF-8"
	problemNUL          = "holds a NUL character"
	problemControl      = "holds a NUL, carriage return or line feed character"
	problemCondition    = "does not have the value that is needed here"
	problemEmptyBody    = "is missing: the body is empty, it must be JSON"
	problemNotUTF8JSON  = "is not valid JSON: it is not UTF-8"
	problemTooDeep      = "is JSON that is nested too deeply"
	problemContentType  = "must be application/x-www-form-urlencoded or multipart/form-data, as the content-type says"
	problemMultipart    = "is not a valid multipart/form-data form"
	problemNoBoundary   = "is multipart/form-data without a boundary in the content-type"
	problemNotAString   = "must be text, a number or a boolean, not an object or a list"
	problemNotValidJSON = "is not valid JSON at byte "
)
