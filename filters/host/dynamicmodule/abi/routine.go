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

func (e envoy) FollowRoutine(routine *host.Routine) {
	known := knownToC(&routine.Known, func() unsafe.Pointer {
		packed := pack(nil, routine.Status, routine.Namespace)
		packed = pack(packed, routine.Without...)
		packed = pack(packed, routine.Remove...)
		var notes []string
		for _, note := range routine.Notes {
			notes = append(notes, note.Header, note.Key)
		}
		packed = pack(packed, notes...)
		return unsafe.Pointer(C.routine_new(first(packed), C.size_t(len(packed))))
	})
	e.module.routine = (*C.struct_routine)(known)
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
