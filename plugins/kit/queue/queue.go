// Package queue is what function types share that publish to a message broker. Such a type's function answers by a task: it makes a
// message of the request, hands it to the broker, and answers when the broker has said that it has the message.
//
// What can go wrong has one promise for all brokers. A 202 is given for a message that the broker has acknowledged, and for no other. A 503
// says that nothing was sent, or that the broker has refused to take it for now, so that the client may try again. A 504 says that nobody knows.
// Nothing is sent a second time by itself.
//
//	settings.go, tls.go    what users say of every broker
//	text.go                addresses: texts with parameters, none of which can change what an address means
//	target.go, message.go  a target, compiled, and the message that a request becomes
//	event.go               CloudEvents by a protocol's binding
//	answer.go              what clients get
//	pool.go, client.go, link.go   one client for all who have the same settings, always connected while it is used
//
// A type brings its protocol: how to connect ([Options.Dial]), how a message is sent, and what its address consists of ([Rule]).
package queue
