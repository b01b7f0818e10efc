package configuration

import "testing"

func TestKeysOfDifferentConfigurationsDiffer(t *testing.T) {
	keys := map[string]string{}
	for name, k := range map[string]Key{
		"ab, c":   Key(nil).Text("ab").Text("c"),
		"a, bc":   Key(nil).Text("a").Text("bc"),
		"a, b, c": Key(nil).Text("a").Text("b").Text("c"),
		"abc":     Key(nil).Text("abc"),
		"id 1":    Key(nil).ID(1),
		"id 128":  Key(nil).ID(128),
	} {
		if other, taken := keys[string(k)]; taken {
			t.Errorf("%s and %s have the same key %x", name, other, []byte(k))
		}
		keys[string(k)] = name
	}
}
