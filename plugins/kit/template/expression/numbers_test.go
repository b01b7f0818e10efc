package expression

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

// Numbers are kept digit by digit, computed exactly, or refused.
func TestNumbers(t *testing.T) {
	const body = `{"big":12345678901234567890,"more":12345678901234567891,"id":9007199254740993,"max":9223372036854775807,"min":-9223372036854775808,
		"e":1e400,"ten":10e399,"one":1.0,"k":1e3,"half":0.5,"long":0.12345678901234567890,"tenth":0.10000000000000001,"tiny":1e-400,"frac":9007199254740993.5,
		"rows":[{"id":12345678901234567890,"v":1.50}],"zero":0,"list":[1,2.5,3],"bigs":[9007199254740993,1],"neg":-0.0,"small":1e-7}`
	cases := []struct{ name, text, want string }{
		{"a large number that is passed on", `[body.big]`, `[12345678901234567890]`},
		{"within objects", `map(body.rows, { {"n": .id} })`, `[{"n":12345678901234567890}]`},
		{"within what is filtered", `filter(body.rows, true)`, `[{"id":12345678901234567890,"v":1.5}]`},
		{"as text", `string(body.big)`, `'12345678901234567890'`},
		{"as JSON", `toJSON(body.big)`, `'12345678901234567890'`},
		{"read from JSON", `fromJSON("[12345678901234567890]")`, `[12345678901234567890]`},
		{"that only a large exponent tells", `[body.e]`, `[1e400]`},
		{"that is almost nothing", `[body.tiny]`, `[1e-400]`},
		{"of many digits", `[body.long]`, `[0.1234567890123456789]`},
		{"with a fraction", `[body.frac]`, `[9007199254740993.5]`},
		{"beyond 2^53 and whole", `[body.id, body.id + 1]`, `[9007199254740993,9007199254740994]`},
		{"equal, written otherwise", `body.e == body.ten`, `true`},
		{"not equal, if by one", `body.big == body.more`, `false`},
		{"in a list", `body.big in [body.more, body.big]`, `true`},
		{"not in a list", `body.big in [body.more, 1]`, `false`},
		{"compared", `body.big < body.more`, `true`},
		{"compared with a small number", `body.big > 1`, `true`},
		{"compared with a fraction", `body.frac > 0.5`, `true`},
		{"compared with the least", `body.min < body.big`, `true`},
		{"whole numbers that are close", `body.id > 9007199254740992`, `true`},
		{"uniq", `uniq([body.e, body.ten, body.big])`, `[1e400,12345678901234567890]`},
		{"its absolute value", `abs(fromJSON("-12345678901234567890"))`, `12345678901234567890`},
		{"its type", `type(body.big) + type(body.frac)`, `'intfloat'`},
		{"a digit more than a float64 has, in a computation", `body.tenth * 2`, `0.2`},
		{"a fraction of nothing is whole", `[body.one, body.k, body.neg]`, `[1,1000,0]`},
		{"and as such in a list", `body.one in [1, 2]`, `true`},
		{"and has a remainder", `body.k % 7`, `6`},
		{"a small fraction", `[body.small]`, `[1e-7]`},
		{"division", `10 / 4`, `2.5`},
		{"division that leaves nothing", `string(10 / 5)`, `'2'`},
		{"a million", `string(1000 * 1000.0)`, `'1000000'`},
		{"a power", `2 ** 10`, `1024`},
		{"a sum of fractions", `sum(body.list)`, `6.5`},
		{"a sum of large numbers", `sum(body.bigs)`, `9007199254740994`},
		{"a sum with a predicate", `sum(body.rows, .v)`, `1.5`},
		{"a sum of nothing", `sum([])`, `0`},
		{"a mean", `mean(body.list) + median(body.list)`, `4.666666666666666`},
		{"the least whole number", `body.min + 0`, `-9223372036854775808`},
		{"the product that just fits", `-4611686018427387904 * 2`, `-9223372036854775808`},
		{"a fraction cut off", `int(2.9)`, `2`},
		{"rounded", `round(2.5) + floor(2.5) + ceil(2.5)`, `8`},
		{"a negative number", `-body.half`, `-0.5`},
		{"a number in a text", `float("2.5") + int("2")`, `4.5`},
		{"a range", `sum(1..body.k)`, `500500`},
		{"bits", `bitshl(1, 62)`, `4611686018427387904`},
		{"texts are still added", `"a" + string(1)`, `'a1'`},
		{"times are still computed with", `string(duration("1h") + duration("1m"))`, `'3660000000000'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := evaluate(t, c.text, body); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
			}
		})
	}
	refused := []struct{ name, text string }{
		{"a sum that overflows", `body.max + 1`},
		{"a sum that overflows below", `body.min + -1`},
		{"a difference", `body.min - 1`},
		{"a product", `body.max * 2`},
		{"a product of constants", `9223372036854775807 * 2`},
		{"a sum of constants", `9223372036854775807 + 1`},
		{"a negation", `-body.min`},
		{"an absolute value", `abs(body.min)`},
		{"the sum of a list", `sum([body.max, body.max])`},
		{"the sum of a list with a predicate", `sum([1, 2], body.max)`},
		{"what is reduced", `reduce([body.max, 1], #acc + #)`},
		{"a shift", `bitshl(1, 64)`},
		{"a power", `3 ** 40`},
		{"a large number in a sum", `body.big + 1`},
		{"a large number in a product", `body.e * 2`},
		{"almost nothing in a product", `body.tiny * 2`},
		{"a large fraction", `body.frac + 0`},
		{"a large number divided", `body.id / 1`},
		{"a large number and a fraction", `body.id + 0.5`},
		{"a large number as a float", `float(body.id)`},
		{"a large text as a float", `float("9007199254740993")`},
		{"a large number rounded", `round(body.id)`},
		{"a mean of large numbers", `mean(body.bigs)`},
		{"a product that is not exact", `9007199254740991.0 * 3`},
		{"a large fraction as an int", `int(body.frac)`},
		{"a large number negated", `-body.big`},
		{"a remainder of nothing", `1 % body.zero`},
		{"a range without end", `0..body.max`},
		{"a range of fractions", `1..body.half`},
		{"the length of a number", `len(body.big)`},
		{"a part of a number", `body.big[0:2]`},
		{"a number in capitals", `upper(body.big)`},
		{"an exponent out of all bounds", `fromJSON("1e99999999999")`},
		{"an infinite number", `float("inf")`},
		{"no text", `string(body.nothing)`},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			var failed *Error
			if got, err := evaluate(t, c.text, body); !errors.As(err, &failed) {
				t.Errorf("%s: got %s, %v, want an error", c.text, got, err)
			}
		})
	}
}

// A constant that is not what is written is a mistake.
func TestConstantsAreExact(t *testing.T) {
	for _, text := range []string{
		`9007199254740993.0`, `1e30`, `99999999999999999999`, `1 + "a"`, `"a" * 2`, `-"a"`, `"a"[0]`, `1..1.5`, `keys(1)`, `indexOf(1, "a")`, `sum(1)`, `round("a")`,
		`"a"..2`, `fromJSON(1)`, `int([])`, `-"a"`, `string()`,
	} {
		if _, err := ForRequest(nil).Compile(text); err == nil {
			t.Errorf("%s: got no error", text)
		}
	}
}

// Texts are counted in characters, objects keep the order of their members.
func TestTextsAndObjects(t *testing.T) {
	const body = `{"s":"aé😀z","o":{"z":1,"a":{"y":2,"b":3},"m":null},"twice":{"b":1,"a":2,"b":3},"list":["é",{"k":"v"}],"keys":["x",{"k":1}]}`
	cases := []struct{ name, text, want string }{
		{"the first characters", `body.s[0:2]`, `'aé'`},
		{"the characters from a place", `body.s[2:]`, `'😀z'`},
		{"the characters up to a place", `body.s[:3]`, `'aé😀'`},
		{"the last characters", `body.s[-2:]`, `'😀z'`},
		{"characters beyond the end", `body.s[1:100]`, `'é😀z'`},
		{"no characters", `body.s[3:1]`, `''`},
		{"the characters of a text of which that is known", `upper(body.s)[1:3]`, `'É😀'`},
		{"how many there are", `len(body.s)`, `4`},
		{"the place of one", `indexOf(body.s, "z")`, `3`},
		{"the last place of one", `lastIndexOf(body.s, "z")`, `3`},
		{"no place", `indexOf(body.s, "b")`, `-1`},
		{"a place and a part together", `body.s[indexOf(body.s, "😀"):]`, `'😀z'`},
		{"a part of a list", `body.list[0:1]`, `["é"]`},
		{"all of a list", `body.list[:]`, `["é",{"k":"v"}]`},
		{"JSON is compact", `toJSON(body.o)`, `'{"z":1,"a":{"y":2,"b":3},"m":null}'`},
		{"JSON of a text", `toJSON("<é>")`, `'"<é>"'`},
		{"an object that is passed on", `[body.o]`, `[{"z":1,"a":{"y":2,"b":3},"m":null}]`},
		{"names", `keys(body.o)`, `["z","a","m"]`},
		{"names deeper down", `keys(body.o.a)`, `["y","b"]`},
		{"names that are there twice", `keys(body.twice)`, `["b","a"]`},
		{"values", `values(body.twice)`, `[3,2]`},
		{"pairs", `toPairs(body.o)`, `[["z",1],["a",{"y":2,"b":3}],["m",null]]`},
		{"pairs made an object again", `fromPairs(filter(toPairs(body.o), #[1] != nil))`, `{"z":1,"a":{"y":2,"b":3}}`},
		{"names of an object of one's own", `keys({"b": 1, "a": 2})`, `["a","b"]`},
		{"an object of one's own", `{"b": 1, "a": body.o}`, `{"a":{"z":1,"a":{"y":2,"b":3},"m":null},"b":1}`},
		{"groups", `groupBy([1, 2, 3], # % 2 == 0 ? "even" : "odd")`, `{"even":[2],"odd":[1,3]}`},
		{"groups by number", `groupBy([1, 2, 3], # % 2)`, `{"0":[2],"1":[1,3]}`},
		{"names of groups", `keys(groupBy([1, 2, 3], # % 2))`, `["0","1"]`},
		{"read from JSON", `keys(fromJSON("{\"b\":1,\"a\":2}"))`, `["b","a"]`},
		{"a list as text", `string([1, "a"])`, `'[1,"a"]'`},
		{"a boolean as text", `string(true)`, `'true'`},
		{"a member of what is chosen", `(body.list[1] ?? {}).k`, `'v'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := evaluate(t, c.text, body); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
			}
		})
	}
	for name, text := range map[string]string{
		"an element of a text":          `body.s[int("0")]`,
		"an element of a text, as text": `string(get(body.s, 0))`,
		"bytes that are no text":        `[fromBase64("/w==")]`,
		"names of a list":               `keys(body.list)`,
		"pairs that are none":           `fromPairs([[1]])`,
		"two groups of one name":        `groupBy([1, "1"], #)`,
		"JSON that is none":             `fromJSON("{")`,
		"no JSON":                       `fromJSON("")`,
		"JSON that is nested deeply":    `fromJSON(repeat("[", 2000) + repeat("]", 2000))`,
		"what is nested without end":    `reduce(1..100000, [#acc])`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := evaluate(t, text, body); err == nil {
				t.Errorf("%s: got %s, want an error", text, got)
			}
		})
	}
}

// FuzzNumber compares what becomes of a number with math/big.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{"0", "-0.0", "1e3", "12345678901234567890", "0.1e-5", "-9223372036854775808", "9007199254740993.5", "1e400", "123e-200", "5e-324", "0e10000000000000000000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || strings.Trim(text, "0123456789+-.eE") != "" || len(text) > 200 {
			return
		}
		if d, err := newDecimal(text); err != nil || math.Abs(float64(d.exponent)) > 2000 {
			return
		}
		native, err := number(text)
		if err != nil {
			t.Fatal(err)
		}
		o := newOrders(nil)
		written, err := o.appendNative(nil, native, 0)
		if err != nil || !json.Valid(written) {
			t.Fatalf("%s becomes %s, %v", text, written, err)
		}
		got, _ := new(big.Rat).SetString(string(written))
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			want = new(big.Rat) // Of 0 with an exponent that big does not take.
		}
		if got.Cmp(want) != 0 {
			t.Fatalf("%s becomes %s", text, written)
		}
		again, err := number(string(written))
		if err != nil || again != native {
			t.Fatalf("%s becomes %#v, and that %#v", text, native, again)
		}
	})
}

// FuzzArithmetic compares with math/big.
func FuzzArithmetic(f *testing.F) {
	for _, a := range []int{0, 1, -1, math.MaxInt, math.MinInt, 1 << 32, 1 << 53} {
		f.Add(a, a)
		f.Add(a, -1)
	}
	f.Fuzz(func(t *testing.T, a, b int) {
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
		for operator, want := range map[string]*big.Int{
			"+": new(big.Int).Add(x, y), "-": new(big.Int).Sub(x, y), "*": new(big.Int).Mul(x, y),
		} {
			got, err := arithmetic(operator, a, b)
			if (err == nil) != want.IsInt64() || err == nil && int64(got.(int)) != want.Int64() {
				t.Fatalf("%d %s %d: got %v, %v, want %v", a, operator, b, got, err, want)
			}
		}
	})
}

// FuzzDecode compares with encoding/json, which knows no order.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"a":[1,{"b":null}],"é\u0000":"\ud83d\ude00"}`, ` [ 1 , 2.50 , true ] `, `{"a":1,"a":2}`, `""`, `[[],{}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, err := document.Find([]byte(text), nil)
		if err != nil || text == "" {
			return
		}
		o := newOrders([]byte(text))
		native, err := decode(found[0], &o)
		if err != nil {
			return
		}
		written, err := o.appendNative(nil, native, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(written, &got); err != nil {
			return // A number that encoding/json cannot hold.
		}
		if json.Unmarshal([]byte(text), &want) != nil {
			return
		}
		one, _ := json.Marshal(got)
		other, _ := json.Marshal(want)
		if string(one) != string(other) {
			t.Fatalf("got %s, want %s", one, other)
		}
	})
}
