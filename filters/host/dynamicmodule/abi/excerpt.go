package abi

/*
#cgo noescape excerpt_read
#cgo nocallback excerpt_read
#include "module.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
)

// excerpts are what C knows excerpts by.
var excerpts known

func (e envoy) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	there := excerpts.get(excerpt.Number())
	if there == nil {
		packed := packExcerpt(excerpt)
		there = excerpts.add(excerpt.Number(), func() unsafe.Pointer {
			return unsafe.Pointer(C.excerpt_new(first(packed), C.size_t(len(packed))))
		})
	}
	for {
		free := to[len(to):cap(to)]
		size := int(C.excerpt_read((*C.struct_excerpt)(there), e.module.envoy, start(name), C.size_t(len(name)), first(free), C.size_t(len(free))))
		if size <= len(free) {
			return to[:len(to)+size]
		}
		to = append(make([]byte, 0, len(to)+2*size), to...)
	}
}

// packExcerpt packs as excerpt_new in excerpt.c unpacks.
func packExcerpt(excerpt *host.Excerpt) []byte {
	parts := excerpt.Parts()
	packed := packNumber(nil, len(parts))
	for i := range parts {
		part := &parts[i]
		packed = packTexts(packNumber(packed, int(metadataSource(part.Source))), part.Namespace)
		packed = packNumber(packed, int(part.Other))
		packed = packNumber(packed, len(part.Kinds))
		for key, kind := range part.Kinds {
			packed = packNumber(packTexts(packed, key), int(kind))
		}
		given := 0
		if part.Given {
			given = 1
		}
		packed = packNumber(packNumber(packed, given), len(part.Named))
		for _, place := range part.Named {
			packed = packTexts(packNumber(packed, int(metadataSource(place.Source))), place.Namespace, place.Key)
		}
	}
	return packed
}

func packNumber(to []byte, number int) []byte {
	return binary.NativeEndian.AppendUint32(to, uint32(number))
}
