package functions

import "testing"

func TestKeysOfDifferentConfigurationsDiffer(t *testing.T) {
	keys := map[string]string{}
	for name, k := range map[string]key{
		"ab, c":     key(nil).text("ab").text("c"),
		"a, bc":     key(nil).text("a").text("bc"),
		"a, b, c":   key(nil).text("a").text("b").text("c"),
		"abc":       key(nil).text("abc"),
		"number 1":  key(nil).number(1),
		"number -1": key(nil).number(-1),
		"id 1":      key(nil).id(1),
		"id 128":    key(nil).id(128),
	} {
		if other, taken := keys[string(k)]; taken {
			t.Errorf("%s and %s have the same key %x", name, other, []byte(k))
		}
		keys[string(k)] = name
	}
}
