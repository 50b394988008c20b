package web

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// TempDirs are the temporary folders of a program, one for each time that it
// runs. As long as it runs its folder holds a locked file, so that a later start
// finds out which folders were left by one that was killed.
type TempDirs struct {
	Pattern string                 // as of [os.MkdirTemp], such as webapp-*
	Owns    func(name string) bool // whether a file may be the program's; a folder with another one stays
	Keep    time.Duration          // how long a folder without a lock is left alone
}

const lockName = "lock"

// New creates the folder of this run, and removes those that earlier ones left.
// The function that it returns unlocks it.
func (t TempDirs) New() (dir string, unlock func() error, err error) {
	t.RemoveLeft()
	if dir, err = os.MkdirTemp("", t.Pattern); err != nil || !locks {
		return dir, func() error { return nil }, err
	}
	// It gets its name when locked, so that no other start sees it unlocked.
	early := filepath.Join(dir, lockName+".new")
	file, err := os.OpenFile(early, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	if !locked(file) {
		return "", nil, errors.Join(errors.New("the folder cannot be locked: "+dir), file.Close(), os.RemoveAll(dir))
	}
	if err := os.Rename(early, filepath.Join(dir, lockName)); err != nil {
		return "", nil, errors.Join(err, file.Close(), os.RemoveAll(dir))
	}
	return dir, file.Close, nil
}

// ErrDirLocked means that another program uses a folder.
var ErrDirLocked = errors.New("another program uses the folder")

// LockDir makes a folder, where it is not there, and locks it for this program until
// unlock is called or the program ends. Where files have no locks any number of
// programs may use it.
func LockDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if locks && !locked(file) {
		return nil, errors.Join(ErrDirLocked, file.Close())
	}
	return sync.OnceValue(file.Close), nil
}

// RemoveLeft removes the folders of runs that have ended.
func (t TempDirs) RemoveLeft() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), t.Pattern))
	for _, dir := range found {
		if t.left(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// left reports whether a folder is of a run that has ended: its lock is free or,
// where there is none (as in an earlier version), its files are older than Keep.
func (t TempDirs) left(dir string) bool {
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
		switch {
		case f.Name() == lockName:
			hasLock = true
		case f.Name() == lockName+".new":
		case !t.Owns(f.Name()):
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
		return len(files) > 0 && time.Since(newest) > t.Keep
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	free := locked(file)
	return file.Close() == nil && free
}
