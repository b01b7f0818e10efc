package abi

/*
#include "module.h"
*/
import "C"

import (
	"encoding/binary"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// routines are those that C knows. There are a few, and they live as long as the process.
var routines sync.Map // *host.Routine → *C.struct_routine

// FollowRoutine implements the same method as documented on dynamicmodule.Envoy.
func (e envoy) FollowRoutine(routine *host.Routine) {
	known, ok := routines.Load(routine)
	if !ok {
		packed := pack(nil, routine.Status, routine.Namespace)
		packed = pack(packed, routine.Without...)
		packed = pack(packed, routine.Remove...)
		var notes []string
		for _, note := range routine.Notes {
			notes = append(notes, note.Header, note.Key)
		}
		packed = pack(packed, notes...)
		known, _ = routines.LoadOrStore(routine, C.routine_new(first(packed), C.size_t(len(packed))))
	}
	e.module.routine = known.(*C.struct_routine)
}

// pack adds a list of texts as routine.c reads it.
func pack(to []byte, texts ...string) []byte {
	to = binary.NativeEndian.AppendUint32(to, uint32(len(texts)))
	return packTexts(to, texts...)
}

// packTexts adds texts as unpack_text in calls.c reads them.
func packTexts(to []byte, texts ...string) []byte {
	for _, text := range texts {
		to = append(binary.NativeEndian.AppendUint32(to, length(text)), text...)
	}
	return to
}
