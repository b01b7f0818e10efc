// Package formats tells whether a text has a form that a standard fixes: dates and times of RFC 3339, references of
// RFC 3986, UUIDs of RFC 9562. The whole project reads these here, because the standard library reads them differently:
// time.Parse takes a comma for the point and hours of one digit but no leap second, and net/url takes spaces.
//
// No function allocates, and each needs time in proportion to the text.
package formats
