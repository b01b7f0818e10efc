package abi

/*
#include "module.h"
*/
import "C"

import (
	"sync"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
)

// streams are the streams that C knows by number. They are spread over shards by their workers, which so seldom meet at a lock and
// find their own shard in their caches.
type streams struct{ shards [64]shard }

type shard struct {
	mutex sync.Mutex
	slots []*dynamicmodule.Stream
	free  []uint32
	_     [64]byte // a cache line of its own
}

var live streams

// add returns a stream's number, which is not 0.
func (l *streams) add(worker uint32, s *dynamicmodule.Stream) uint64 {
	which := worker % uint32(len(l.shards))
	shard := &l.shards[which]
	shard.mutex.Lock()
	defer shard.mutex.Unlock()
	var slot uint32
	if last := len(shard.free) - 1; last >= 0 {
		slot = shard.free[last]
		shard.free = shard.free[:last]
		shard.slots[slot] = s
	} else {
		slot = uint32(len(shard.slots))
		shard.slots = append(shard.slots, s)
	}
	return uint64(slot)*uint64(len(l.shards)) + uint64(which) + 1
}

func (l *streams) place(number uint64) (*shard, uint32) {
	number--
	count := uint64(len(l.shards))
	return &l.shards[number%count], uint32(number / count)
}

func (l *streams) get(number uint64) *dynamicmodule.Stream {
	shard, slot := l.place(number)
	shard.mutex.Lock()
	defer shard.mutex.Unlock()
	return shard.slots[slot]
}

func (l *streams) remove(number uint64) *dynamicmodule.Stream {
	shard, slot := l.place(number)
	shard.mutex.Lock()
	defer shard.mutex.Unlock()
	s := shard.slots[slot]
	shard.slots[slot] = nil
	shard.free = append(shard.free, slot)
	return s
}

// funcrouteBegin makes a stream and hands it its first event. The streams that have ended are forgotten with it.
//
//export funcrouteBegin
func funcrouteBegin(module *C.struct_stream, last C.bool, worker C.uint32_t, ended *C.uint64_t, count C.size_t) (status C.int) {
	defer containEvent(&status)
	funcrouteForget(ended, count)
	block := blocks.get(uintptr(module.config._go))
	s := block.NewStream(envoy{module})
	number := live.add(uint32(worker), s)
	module._go = C.uint64_t(number)
	return returned(number, s, s.OnRequestHeaders(bool(last)))
}

//export funcrouteEvent
func funcrouteEvent(number C.uint64_t, event C.int, last C.bool) (status C.int) {
	defer containEvent(&status)
	s := live.get(uint64(number))
	return returned(uint64(number), s, handle(s, event, bool(last)))
}

func handle(s *dynamicmodule.Stream, event C.int, last bool) dynamicmodule.Status {
	switch event {
	case C.request_body:
		return s.OnRequestBody(last)
	case C.request_trailers:
		return s.OnRequestTrailers()
	case C.answer_headers:
		return s.OnAnswerHeaders(last)
	case C.answer_body:
		return s.OnAnswerBody(last)
	case C.answer_trailers:
		return s.OnAnswerTrailers()
	case C.collected:
		return s.OnCollected()
	case C.collected_trailers:
		return s.OnCollectedTrailers()
	}
	s.OnResumed()
	return 0
}

// returned is what an event returns to hooks.c: its status, and what else is of interest. If that is nothing, the stream is
// forgotten, unless an event within this one has done that: Envoy answers a request that goes on at once where it has no upstream.
func returned(number uint64, s *dynamicmodule.Stream, status dynamicmodule.Status) C.int {
	interest := s.Interest()
	if interest == 0 && live.get(number) == s {
		live.remove(number).Recycle()
	}
	return C.int(status) | C.int(interest)<<C.interest_shift
}

//export funcrouteDestroy
func funcrouteDestroy(number C.uint64_t) {
	defer contain()
	s := live.remove(uint64(number))
	s.OnDestroy()
	s.Recycle()
}

//export funcrouteForget
func funcrouteForget(ended *C.uint64_t, count C.size_t) {
	defer contain()
	for _, number := range unsafe.Slice(ended, count) {
		live.remove(uint64(number)).Recycle()
	}
}
