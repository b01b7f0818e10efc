// Package soak runs mixed traffic and faults through all hosts at once, for as long as it is told to, and says in the end
// whether every request was answered right or with an error that something explains.
//
//	kinds.go     what is sent, and what must come back: one entry per kind of traffic
//	faults.go    what goes wrong with a call, and what a client may then see
//	weather.go   what goes wrong around the calls: credentials, updates of clusters and routes
//	upstream.go  the counterpart of all calls, which judges what arrives
//	client.go    who sends, and judges what comes back
//	verdict.go   what must hold in the end; samples.go, plot.go and report.go show it
package soak
