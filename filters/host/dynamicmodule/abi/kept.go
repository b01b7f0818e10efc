package abi

/*
#include "module.h"
*/
import "C"

func (e envoy) KeepHeaders(headers [][2]string) {
	if !C.destroys_late {
		return
	}
	var packed []byte
	for _, header := range headers {
		packed = packTexts(packed, header[0], header[1])
	}
	C.keep(e.module.envoy, first(packed), C.size_t(len(packed)))
}

func (e envoy) KeptHeaders() [][2]string {
	if !C.destroys_late {
		return nil
	}
	return unpackHeaders(nil, copied(C.kept(e.module.envoy)))
}
