package main

import (
	"debug/elf"
	"strings"
	"testing"
)

const (
	header = "void envoyGoA(int x);\nint envoyGoB (void);\n"
	loader = "Other::Other() {\n  find(\"envoyGoOther\");\n}\nHTTP::HTTP() {\n  find(\"envoyGoOnA\");\n  find(\n    \"envoyGoOnB\");\n}\n"
)

func TestCheck(t *testing.T) {
	offered := func(names ...string) (symbols []elf.Symbol) {
		for _, name := range names {
			symbols = append(symbols, elf.Symbol{Name: name, Section: 1})
		}
		return symbols
	}
	needed := func(names ...string) (symbols []elf.Symbol) {
		for _, name := range names {
			symbols = append(symbols, elf.Symbol{Name: name, Section: elf.SHN_UNDEF})
		}
		return symbols
	}
	cases := []struct {
		name    string
		symbols []elf.Symbol
		want    string // in the error, empty if there is none
	}{
		{"all is there", append(offered("envoyGoOnA", "envoyGoOnB", "main"), needed("envoyGoA", "malloc")...), ""},
		{"a hook is missing", offered("envoyGoOnA"), "does not offer: envoyGoOnB"},
		{"a call is unknown", append(offered("envoyGoOnA", "envoyGoOnB"), needed("envoyGoC")...), "Envoy does not offer: envoyGoC"},
		{"built for another host", append(offered("envoyGoOnA", "envoyGoOnB"), needed("envoy_dynamic_module_x")...), "another Envoy: envoy_dynamic_module_x"},
		{"no library of ours", nil, "does not offer: envoyGoOnA, envoyGoOnB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			contract := contract{prefix: "envoyGo"}
			if err := contract.read(header, loader, "HTTP::HTTP("); err != nil {
				t.Fatal(err)
			}
			err := contract.check(c.symbols)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error = %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadRefusesTheWrongFiles(t *testing.T) {
	for name, c := range map[string]struct{ header, loader, within string }{
		"no header":   {"", loader, ""},
		"no loader":   {header, "", ""},
		"no function": {header, loader, "TCP::TCP("},
	} {
		t.Run(name, func(t *testing.T) {
			contract := contract{prefix: "envoyGo"}
			if err := contract.read(c.header, c.loader, c.within); err == nil {
				t.Error("error = nil, want one")
			}
		})
	}
}
