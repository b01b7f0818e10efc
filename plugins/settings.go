package plugins

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the kind of value a setting has in metadata. Hosts can read these four and nothing nested.
type Kind int

// The kinds, and the Go types of their values.
const (
	Text   Kind = iota // string
	Number             // float64
	Bool               // bool
	List               // []string
)

func (k Kind) String() string {
	return [...]string{"a text", "a number", "true or false", "a list of texts"}[k]
}

// Setting is one key that a cluster's or a route's `funcroute` metadata may have.
type Setting struct {
	Name string
	Kind Kind
	// Default is the value of a setting that is not given, as one would write it in YAML. It is "" if that value is empty, 0 or false, and
	// if it depends on something, which Doc then says.
	Default string
	// Values are the only texts that are allowed. All texts are allowed if there are none.
	Values []string
	// Unit is what a number counts, such as "bytes". It is "" for what has no unit, or has it in the value, as a duration like "5s" has.
	Unit string
	// Doc says in one sentence what the setting is for.
	Doc string
}

// Settings are values by their names. A value is a string, a float64, a bool or a []string. It is [Unreadable] if it is not of its
// setting's kind, or if there is no setting of that name.
type Settings map[string]any

// Unreadable stands for a value that the host could not read: it is empty, or is not of its setting's kind.
type Unreadable struct{}

var durationType = reflect.TypeFor[time.Duration]()

// SettingsOf lists the settings of a struct: its fields that are tagged `setting:"name"`, and those of embedded structs. A field's type is
// string, float64, int, bool, []string or [time.Duration], which is a text like "900s". SettingsOf panics on any other, a mistake
// that only a programmer can make. The further tags are `unit` and `doc`, see [Setting], and those of [Settings.Decode].
func SettingsOf(config any) []Setting {
	var settings []Setting
	for _, field := range reflect.VisibleFields(reflect.Indirect(reflect.ValueOf(config)).Type()) {
		if name := field.Tag.Get("setting"); name != "" {
			setting := Setting{
				Name: name, Kind: kindOf(field.Type), Default: field.Tag.Get("default"), Unit: field.Tag.Get("unit"), Doc: field.Tag.Get("doc"),
			}
			if values := field.Tag.Get("one_of"); values != "" {
				setting.Values = strings.Split(values, ",")
			}
			settings = append(settings, setting)
		}
	}
	return settings
}

func kindOf(t reflect.Type) Kind {
	switch {
	case t.Kind() == reflect.String, t == durationType:
		return Text
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Int:
		return Number
	case t.Kind() == reflect.Bool:
		return Bool
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return List
	}
	panic(fmt.Sprintf("plugins: a setting cannot be a %s", t))
}

// Decode fills a struct that is tagged as [SettingsOf] describes. The tag `one_of:"a,b"` limits a text to those values. The tag
// `default:"a"` is the value of a text, a duration, a number or a boolean that is not given. The error names the setting and says what would be right.
func (s Settings) Decode(config any) error {
	target := reflect.ValueOf(config).Elem()
	known := map[string]bool{}
	for _, field := range reflect.VisibleFields(target.Type()) {
		name := field.Tag.Get("setting")
		if name == "" {
			continue
		}
		known[name] = true
		value, given := s[name]
		if !given {
			if text, ok := field.Tag.Lookup("default"); ok {
				assignDefault(target.FieldByIndex(field.Index), text)
			}
			continue
		}
		if err := assign(target.FieldByIndex(field.Index), value, field.Tag.Get("one_of")); err != nil {
			return fmt.Errorf("setting %q %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !known[name] {
			return fmt.Errorf("setting %q is unknown; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}

func assign(field reflect.Value, value any, oneOf string) error {
	kind := kindOf(field.Type())
	switch value := value.(type) {
	case string:
		if kind == Text {
			return assignText(field, value, oneOf)
		}
	case float64:
		if kind == Number {
			return assignNumber(field, value)
		}
	case bool:
		if kind == Bool {
			field.SetBool(value)
			return nil
		}
	case []string:
		if kind == List {
			field.Set(reflect.ValueOf(value))
			return nil
		}
	}
	return fmt.Errorf("must be %s and not empty", kind)
}

// assignDefault panics on a default that cannot be one, as only a programmer can cause that.
func assignDefault(field reflect.Value, text string) {
	var err error
	switch kindOf(field.Type()) {
	case Number:
		var number float64
		if number, err = strconv.ParseFloat(text, 64); err == nil {
			err = assignNumber(field, number)
		}
	case Text:
		err = assignText(field, text, "")
	case Bool:
		field.SetBool(text == "true")
	default:
		err = errors.New("only texts, numbers and booleans have one")
	}
	if err != nil {
		panic(fmt.Sprintf("plugins: the default %q: %v", text, err))
	}
}

func assignText(field reflect.Value, text, oneOf string) error {
	if oneOf != "" && !slices.Contains(strings.Split(oneOf, ","), text) {
		return fmt.Errorf("must be one of %s, not %q", strings.ReplaceAll(oneOf, ",", ", "), text)
	}
	if field.Type() != durationType {
		field.SetString(text)
		return nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 { // Nothing would be as good as not given.
		return fmt.Errorf("must be a duration like 900s, not %q", text)
	}
	field.SetInt(int64(duration))
	return nil
}

func assignNumber(field reflect.Value, number float64) error {
	if field.Kind() == reflect.Float64 {
		field.SetFloat(number)
		return nil
	}
	if number != float64(int64(number)) {
		return fmt.Errorf("must be a whole number, not %v", number)
	}
	field.SetInt(int64(number))
	return nil
}
