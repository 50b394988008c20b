package main

import (
	"strings"
	"testing"
)

// The places are found in the package as it is pinned by the lock file only
// when it is installed; what is tested here is that another source is refused.
func TestApply(t *testing.T) {
	patches := []patch{{"first", "aa", "b", 2}, {"second", "c", "", 1}}
	got, err := apply("aa-aa-c", patches)
	if err != nil || got != "b-b-" {
		t.Errorf("apply gives %q, %v; want %q", got, err, "b-b-")
	}
	for _, source := range []string{"aa-c", "aa-aa-aa-c", "aa-aa", ""} {
		if _, err := apply(source, patches); err == nil || !strings.Contains(err.Error(), "changed") {
			t.Errorf("apply(%q) gives the error %v; it must tell that the source has changed", source, err)
		}
	}
}

func TestForeign(t *testing.T) {
	if got := foreign([]byte(`fetch("https://api.kanaries.net/vis")`)); got != "api.kanaries.net" {
		t.Errorf("foreign gives %q", got)
	}
	if got := foreign([]byte(`"http://www.w3.org/2000/svg"`)); got != "" {
		t.Errorf("foreign gives %q for a name space", got)
	}
}
