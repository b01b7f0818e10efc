package dynamicmodule

// Status is what Envoy is to do after an event. The numbers are those of Envoy's ABI; abi/shared.go does not build with others.
type Status int

// The statuses. Some numbers mean one thing for headers and another for a body.
const (
	// StatusContinue lets headers, a body or trailers go on.
	StatusContinue Status = 0
	// StatusStop holds back headers or trailers.
	StatusStop Status = 1
	// StatusBuffer holds back a body, and Envoy keeps it.
	StatusBuffer Status = 1
	// StatusNoBuffer holds back a body, and Envoy does not keep what has come.
	StatusNoBuffer Status = 3
	// StatusStopAllAndWatermark holds back headers and all that follows, which Envoy keeps.
	StatusStopAllAndWatermark Status = 4
)
