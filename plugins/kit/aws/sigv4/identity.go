package sigv4

import (
	"crypto/sha256"
	"sync/atomic"
)

// Identity is who signs. Make a new one when credentials change: it remembers the signing keys derived from them.
type Identity struct {
	AccessKeyID, SecretAccessKey, SessionToken string

	keys atomic.Pointer[[]derived]
}

// derived is a signing key: it depends on the day, the region and the service.
type derived struct {
	day, region, service string
	key                  [sha256.Size]byte
}

// maxKeys bounds the keys an identity remembers: those of yesterday and of regions no longer used fall out.
const maxKeys = 16

func (i *Identity) key(day, region, service string) [sha256.Size]byte {
	known := i.keys.Load()
	if known != nil {
		for n := range *known {
			if d := &(*known)[n]; d.day == day && d.region == region && d.service == service {
				return d.key
			}
		}
	}
	added := derived{day, region, service, i.derive(day, region, service)}
	keys := []derived{added}
	if known != nil {
		keys = append(keys, (*known)[:min(len(*known), maxKeys-1)]...)
	}
	i.keys.CompareAndSwap(known, &keys) // Whoever loses derives once more; the result is the same.
	return added.key
}

func (i *Identity) derive(day, region, service string) [sha256.Size]byte {
	key := authenticate([]byte("AWS4"+i.SecretAccessKey), []byte(day))
	key = authenticate(key[:], []byte(region))
	key = authenticate(key[:], []byte(service))
	return authenticate(key[:], []byte(terminator))
}

// authenticate is HMAC-SHA256 (RFC 2104). crypto/hmac allocates its two hashes each time; the texts here are short
// enough to be put behind the padded key and hashed as a whole.
func authenticate(key, text []byte) [sha256.Size]byte {
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	var innerSpace [512]byte
	var outer [sha256.BlockSize + sha256.Size]byte
	inner := innerSpace[:sha256.BlockSize]
	copy(inner, key)
	copy(outer[:], key)
	for n := range sha256.BlockSize {
		inner[n] ^= 0x36
		outer[n] ^= 0x5c
	}
	sum := sha256.Sum256(append(inner, text...))
	copy(outer[sha256.BlockSize:], sum[:])
	return sha256.Sum256(outer[:])
}
