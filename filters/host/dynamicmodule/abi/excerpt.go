package abi

/*
#cgo noescape excerpt_read
#cgo nocallback excerpt_read
#include "module.h"
*/
import "C"

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
)

func (e envoy) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	known := knownToC(&excerpt.Known, func() unsafe.Pointer {
		packed := packExcerpt(excerpt)
		return unsafe.Pointer(C.excerpt_new(first(packed), C.size_t(len(packed))))
	})
	for {
		room := to[len(to):cap(to)]
		size := int(C.excerpt_read((*C.struct_excerpt)(known), e.module.envoy, first(room), C.size_t(len(room))))
		if size <= len(room) {
			return to[:len(to)+size]
		}
		to = append(make([]byte, 0, len(to)+2*size), to...)
	}
}

// packExcerpt packs as excerpt_new in excerpt.c unpacks.
func packExcerpt(excerpt *host.Excerpt) []byte {
	packed := packNumber(nil, len(excerpt.Parts))
	for i := range excerpt.Parts {
		part := &excerpt.Parts[i]
		packed = packTexts(packNumber(packed, int(metadataSource(part.Source))), part.Namespace)
		packed = packNumber(packed, int(part.Other))
		packed = packNumber(packed, len(part.Kinds))
		for key, kind := range part.Kinds {
			packed = packNumber(packTexts(packed, key), int(kind))
		}
		packed = packNumber(packed, len(part.Named))
		for _, place := range part.Named {
			packed = packTexts(packNumber(packed, int(metadataSource(place.Source))), place.Namespace, place.Key)
		}
	}
	return packed
}

func packNumber(to []byte, number int) []byte {
	return binary.NativeEndian.AppendUint32(to, uint32(number))
}

// knownToC returns what C has made of a thing of the filters', once. There are a few of these, and C keeps them as long as the
// process lives.
func knownToC(known *atomic.Pointer[byte], tell func() unsafe.Pointer) unsafe.Pointer {
	if known.Load() == nil {
		known.CompareAndSwap(nil, (*byte)(tell()))
	}
	return unsafe.Pointer(known.Load())
}
