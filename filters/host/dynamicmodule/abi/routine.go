package abi

/*
#include "module.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
)

// routines are what C knows routines by.
var routines known

func (e envoy) FollowRoutine(routine *host.Routine) {
	there := routines.get(routine.Number())
	if there == nil {
		packed := packRule(routine.Rule())
		there = routines.add(routine.Number(), func() unsafe.Pointer {
			return unsafe.Pointer(C.routine_new(first(packed), C.size_t(len(packed))))
		})
	}
	e.module.routine = (*C.struct_routine)(there)
}

// packRule packs as routine_new in routine.c unpacks.
func packRule(rule host.Rule) []byte {
	packed := pack(nil, rule.Status, rule.Namespace)
	packed = pack(packed, rule.Without...)
	packed = pack(packed, rule.Remove...)
	var notes []string
	for _, note := range rule.Notes {
		notes = append(notes, note.Header, note.Key)
	}
	return pack(packed, notes...)
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
