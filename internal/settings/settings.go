// Package settings reads the settings of a program from flags and from variables of
// the environment.
package settings

import (
	"cmp"
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// A Setting can be set by a flag and by a variable; the flag wins.
type Setting struct {
	Flag, Env, Default, Value, Doc string

	set func(string) error
}

// New returns a Setting: its flag and variable ("" for none), its default, what it
// takes in capitals ("" for true or false), what it is, and what sets it. The error
// of set says what would be right.
func New(flag, env, def, value, doc string, set func(string) error) Setting {
	return Setting{flag, env, def, value, doc, set}
}

// Define defines the flags, whose usage names variables and defaults. The function
// that it returns sets all settings once the flags are parsed. What is given of the
// flag list, which may be several times, is joined by commas.
func Define(flags *flag.FlagSet, getenv func(string) string, all []Setting, list string) func() error {
	values := make([]string, len(all))
	for i, s := range all {
		values[i] = s.Default
		if s.Env != "" {
			values[i] = cmp.Or(getenv(s.Env), s.Default)
		}
		given := false
		set := func(v string) error {
			if s.Flag == list && given {
				v = values[i] + "," + v
			}
			values[i], given = v, true
			return nil
		}
		if s.Value == "" {
			flags.BoolFunc(s.Flag, s.Doc, set)
		} else {
			flags.Func(s.Flag, s.Doc, set)
		}
	}
	flags.Usage = func() {
		out := flags.Output()
		fmt.Fprintf(out, "Usage: %s [flags]\n\nEvery flag can be set by a variable of the environment instead.\n\n", flags.Name())
		for _, s := range all {
			fmt.Fprint(out, s.usage())
		}
	}
	return func() error {
		for i, s := range all {
			if err := s.set(values[i]); err != nil {
				return fmt.Errorf("-%s is %q; %w", s.Flag, values[i], err)
			}
		}
		return nil
	}
}

func (s Setting) usage() string {
	line := "  -" + s.Flag
	if s.Value != "" {
		line += " " + s.Value
	}
	if s.Env != "" {
		line += "  (" + s.Env + ")"
	}
	line += "\n\t" + s.Doc
	if s.Default != "" && s.Default != "false" {
		line += "; default " + s.Default
	}
	return line + "\n"
}

// Text sets a string.
func Text(p *string) func(string) error {
	return func(s string) error { *p = s; return nil }
}

// Bool sets a bool, false where nothing is said.
func Bool(p *bool) func(string) error {
	return func(s string) error {
		switch strings.ToLower(s) {
		case "", "0", "false", "no", "off":
			*p = false
		case "1", "true", "yes", "on":
			*p = true
		default:
			return fmt.Errorf("it is true or false")
		}
		return nil
	}
}

// Count sets a whole number above 0 of some units.
func Count[T int | int64](p *T, unit T) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil || n < 1 || n > 1<<40 || int64(T(n)) != n {
			return fmt.Errorf("it is a whole number above 0")
		}
		*p = T(n) * unit
		return nil
	}
}

// Given calls set for a text that is not empty.
func Given(set func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return set(s)
	}
}
