package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

//go:embed requirements.txt
var requirements []byte

// peerPython returns the Python of a virtual environment with the peers of
// requirements.txt. It is made where it is not there, in the user's folder for
// caches, under the hash of the requirements: other versions are another environment.
func peerPython(ctx context.Context, progress func(string, ...any)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w; -python names a Python that has the peers", err)
	}
	folder := filepath.Join(cache, "segmentation-benchmark", fmt.Sprintf("%x", sha256.Sum256(requirements))[:16])
	python := filepath.Join(folder, "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join(folder, "Scripts", "python.exe")
	}
	// Written last: without it, the making was interrupted.
	complete := filepath.Join(folder, "requirements.txt")
	if kept, err := os.ReadFile(complete); err == nil && bytes.Equal(kept, requirements) {
		return python, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	progress("making a virtual environment with the peers in %s", folder)
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return "", err
	}
	list := folder + ".txt"
	if err := os.WriteFile(list, requirements, 0o600); err != nil {
		return "", err
	}
	for _, command := range [][]string{
		{"python3", "-m", "venv", folder},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", list},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s-python names a Python that has the peers", strings.Join(command, " "), err, out)
		}
	}
	return python, os.Rename(list, complete)
}

// threadVariables begin the names of what sets the threads of a library or keeps it
// from its best kernel.
var threadVariables = []string{"BLIS_", "DAAL_", "FAISS_", "GOMAXPROCS", "GOMP_", "GOTO_", "KMP_", "LOKY_", "MKL_", "NUMEXPR_", "OMP_", "ONEDAL_", "OPENBLAS_", "POLARS_", "RAYON_", "SKLEARNEX_", "TBB_", "VECLIB_"}

// peerEnvironment is ours without threadVariables, and with the threads of each
// library limited where threads is not 0.
func peerEnvironment(threads int) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return slices.ContainsFunc(threadVariables, func(name string) bool { return strings.HasPrefix(v, name) })
	})
	if threads > 0 {
		for _, name := range []string{"GOMAXPROCS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"} {
			env = append(env, fmt.Sprintf("%s=%d", name, threads))
		}
	}
	return env
}
