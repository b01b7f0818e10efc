package dynamicmodule

// Status is what Envoy is to do after an event. The numbers are those of the ABI, which abi/hooks.c makes sure of.
type Status int

const (
	// Of headers, bodies and trailers.
	statusContinue Status = 0
	// Of headers and trailers.
	statusStop Status = 1
	// Of bodies.
	statusBuffer   Status = 1
	statusNoBuffer Status = 3
	// Of headers.
	statusStopAllAndWatermark Status = 4
)
