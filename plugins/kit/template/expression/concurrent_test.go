package expression

import (
	"fmt"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// All workers share what is compiled.
func TestConcurrentUse(t *testing.T) {
	texts := []string{
		`xml("//item[2]/@id")`, `xml("count(//item)")`, `xml("string(/order/item[last()])")`, `xml("boolean(//item[@id='1'])")`,
		`xml("sum(//item/@id) + count(//item[position() > 1])")`, `xml("concat(//item[1], '-', normalize-space(//item[2]))")`,
		`xml("//item[contains(., 'a')]/following-sibling::item")`, `xml("/order/*[not(self::note)] | //note")`, `xml("//note/preceding::item[1]")`,
		`body.a[0].b ?? header("x")`, `sum(map(body.a, .n))`, `query("q")`, `upper(path)`, `status + 1`,
	}
	for _, text := range texts {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			e := ForAnswer(nil)
			x, err := e.Compile(text)
			if err != nil {
				t.Fatal(err)
			}
			var group sync.WaitGroup
			for worker := range 4 {
				group.Go(func() {
					for i := range 50 {
						n := worker*50 + i
						document := fmt.Sprintf(`<order><item id="1">a%[1]d</item><item id="%[1]d">b</item><note>%[1]d</note></order>`, n)
						if text[0] != 'x' {
							document = fmt.Sprintf(`{"a":[{"b":%[1]d,"n":%[1]d}]}`, n)
						}
						message := Message{
							Headers: plugintest.NewHeaders([2]string{":status", "200"}), Body: []byte(document),
							Path: fmt.Sprintf("/%d?q=%d", n, n), Method: "GET",
						}
						scope := e.Begin(message)
						first, firstErr := x.Value(scope)
						scope.End()
						alone := ForAnswer(nil)
						y, err := alone.Compile(text)
						if err != nil {
							t.Error(err)
							return
						}
						scope = alone.Begin(message)
						second, secondErr := y.Value(scope)
						scope.End()
						if first.Text() != second.Text() || (firstErr == nil) != (secondErr == nil) {
							t.Errorf("got %q, %v, want %q, %v as without others", first.Text(), firstErr, second.Text(), secondErr)
							return
						}
					}
				})
			}
			group.Wait()
		})
	}
}
