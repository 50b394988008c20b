package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFindCampaign(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "marketing_campaign.csv")
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SEGMENTATION_DATA", dir)
	if got, ok := FindCampaign(t); got != want || !ok {
		t.Errorf("FindCampaign() = %q, %v; want %q", got, ok, want)
	}

	t.Setenv("SEGMENTATION_DATA", "")
	t.Chdir(dir) // outside the repository
	if got, ok := FindCampaign(t); ok {
		t.Errorf("FindCampaign() = %q outside the repository; want none", got)
	}
}
