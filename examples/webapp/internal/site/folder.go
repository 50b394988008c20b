package site

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The folder of the uploads is below the system's own place for such files. As
// long as the app runs it holds a locked file, so that a later start finds out
// which folders were left by one that was killed.
const (
	folderNames = "webapp-*"
	lockName    = "lock"
)

// newFolder makes the folder for the uploads of this app, and removes what
// earlier ones left. The function that it returns unlocks it.
func newFolder() (dir string, unlock func() error, err error) {
	removeLeft(os.TempDir())
	if dir, err = os.MkdirTemp("", folderNames); err != nil || !locks {
		return dir, func() error { return nil }, err
	}
	// It gets its name when it is locked, so that no other start sees it
	// unlocked.
	early := filepath.Join(dir, lockName+".new")
	file, err := os.OpenFile(early, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	if !locked(file) {
		return "", nil, errors.Join(errors.New("the folder for uploads cannot be locked: "+dir), file.Close(), os.RemoveAll(dir))
	}
	if err := os.Rename(early, filepath.Join(dir, lockName)); err != nil {
		return "", nil, errors.Join(err, file.Close(), os.RemoveAll(dir))
	}
	return dir, file.Close, nil
}

// removeLeft removes the folders below another that are of an app which runs no
// longer, and tells how many.
func removeLeft(below string) (removed int) {
	found, _ := filepath.Glob(filepath.Join(below, folderNames))
	for _, dir := range found {
		if left(dir) && os.RemoveAll(dir) == nil {
			removed++
		}
	}
	return removed
}

// left tells whether a folder is one for uploads, of an app that runs no longer:
// its lock is free or, where there is none (as in an earlier version), it has
// files that are older than an app keeps them.
func left(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	hasLock := false
	var newest time.Time
	for _, f := range files {
		id, kind, _ := strings.Cut(f.Name(), ".")
		switch {
		case f.Name() == lockName:
			hasLock = true
		case f.Name() == lockName+".new":
		case !validID(id) || kind != "raw" && kind != "csv":
			return false // not ours
		}
		info, err := f.Info()
		if err != nil {
			return false
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if !hasLock {
		return len(files) > 0 && time.Since(newest) > uploadsKeptFor
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	free := locked(file)
	return file.Close() == nil && free
}
