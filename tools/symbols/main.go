// Command symbols compares what a library needs and offers with what its Envoy offers and needs, so that a library built
// against the wrong SDK fails when it is built and not when it is loaded.
//
//	symbols -library dist/libfuncroute.so -prefix envoy_dynamic_module_ -declares abi.h -resolves filter_config.cc
package main

import (
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	var c contract
	library := flag.String("library", "", "the shared library")
	flag.StringVar(&c.prefix, "prefix", "", "what all of the interface's symbols begin with")
	declares := flag.String("declares", "", "the SDK's header: what Envoy offers")
	resolves := flag.String("resolves", "", "the source of Envoy's loader: what it looks up in a library")
	within := flag.String("within", "", "the function of the loader that counts; all if empty")
	flag.Parse()
	if err := run(*library, &c, *declares, *resolves, *within); err != nil {
		fmt.Fprintf(os.Stderr, "symbols: %s: %v\n", *library, err)
		os.Exit(1)
	}
	fmt.Printf("%s: offers all %d symbols that Envoy resolves.\n", *library, len(c.resolved))
}

func run(library string, c *contract, declares, resolves, within string) error {
	header, err := os.ReadFile(declares)
	if err != nil {
		return err
	}
	loader, err := os.ReadFile(resolves)
	if err != nil {
		return err
	}
	if err := c.read(string(header), string(loader), within); err != nil {
		return err
	}
	file, err := elf.Open(library)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return err
	}
	return c.check(symbols)
}

// contract is one side of an interface between Envoy and libraries.
type contract struct {
	prefix   string
	declared map[string]bool
	resolved map[string]bool
}

// read takes the names out of the header and the loader.
func (c *contract) read(header, loader, within string) error {
	if within != "" {
		_, body, found := strings.Cut(loader, within)
		if !found {
			return fmt.Errorf("the loader has no %s", within)
		}
		loader, _, _ = strings.Cut(body, "\n}\n")
	}
	name := regexp.QuoteMeta(c.prefix) + `\w+`
	c.declared = names(header, regexp.MustCompile(`\b(`+name+`)\s*\(`))
	c.resolved = names(loader, regexp.MustCompile(`"(`+name+`)"`))
	if len(c.declared) == 0 || len(c.resolved) == 0 {
		return fmt.Errorf("the header declares %d symbols and the loader resolves %d: are these the right files?", len(c.declared), len(c.resolved))
	}
	return nil
}

func names(source string, pattern *regexp.Regexp) map[string]bool {
	found := map[string]bool{}
	for _, match := range pattern.FindAllStringSubmatch(source, -1) {
		found[match[1]] = true
	}
	return found
}

// check holds a library's symbols against the contract.
func (c *contract) check(symbols []elf.Symbol) error {
	missing := maps.Clone(c.resolved)
	var unknown, foreign []string
	for _, symbol := range symbols {
		switch {
		case symbol.Section != elf.SHN_UNDEF:
			delete(missing, symbol.Name)
		case strings.HasPrefix(symbol.Name, c.prefix):
			if !c.declared[symbol.Name] {
				unknown = append(unknown, symbol.Name)
			}
		case strings.HasPrefix(symbol.Name, "envoy"):
			foreign = append(foreign, symbol.Name)
		}
	}
	var faults []error
	for what, list := range map[string][]string{
		"Envoy resolves what the library does not offer":  slices.Collect(maps.Keys(missing)),
		"the library needs what Envoy does not offer":     unknown,
		"the library needs what belongs to another Envoy": foreign,
	} {
		if len(list) > 0 {
			slices.Sort(list)
			faults = append(faults, fmt.Errorf("%s: %s", what, strings.Join(list, ", ")))
		}
	}
	return errors.Join(faults...)
}
