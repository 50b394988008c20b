package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every image that is built on or run is pinned by its digest: a tag may be
// another image tomorrow.
func TestImagesArePinned(t *testing.T) {
	files, err := filepath.Glob("*.yml")
	if err != nil {
		t.Fatal(err)
	}
	image := regexp.MustCompile(`(?m)^(?:FROM (?:--platform=\S+ )?| +image: )(\S+)`)
	pinned := regexp.MustCompile(`^docker\.io/library/[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$`)
	n := 0
	for _, file := range append(files, "../Dockerfile", "../docker-compose.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range image.FindAllStringSubmatch(string(text), -1) {
			switch {
			case m[1] == "scratch", m[1] == "segmentation-webapp": // empty, and our own
			case pinned.MatchString(m[1]):
				n++
			default:
				t.Errorf("%s takes %s, which is not pinned", file, m[1])
			}
		}
	}
	if n != 4 {
		t.Errorf("there are %d pinned images, want 4", n)
	}
}
