package jsontext

import (
	"strings"
	"testing"
)

func BenchmarkValid(b *testing.B) {
	for name, text := range map[string]string{
		"a long string": `{"data":"` + strings.Repeat("lorem ipsum dolor ", 1<<12) + `"}`,
		"many members":  `[` + strings.Repeat(`{"id": 17, "name": "Ann", "tags": ["a", "b"], "ok": true},`, 1<<10) + `{}]`,
		"small":         `{"id":17,"name":"Ann"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			bytes := []byte(text)
			for b.Loop() {
				if !Valid(bytes) {
					b.Fatal("it is valid")
				}
			}
		})
	}
}
