package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/segment"
	"gonum.org/v1/gonum/mat"
)

func sign(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(context.Background(), args, &out, &out)
	return out.String(), err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A model is loaded if and only if a trusted key has signed its very bytes.
func TestSign(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	x := mat.NewDense(60, 2, nil)
	for i := range 60 {
		x.SetRow(i, []float64{float64(i % 3 * 100), float64(i)})
	}
	m, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: []string{"income", "spent"}, Value: []string{"income", "spent"}, K: 3, Seed: 1})
	must(t, err)
	model := path("model.json")
	must(t, m.Save(model))
	for _, name := range []string{"one", "two"} {
		if out, err := sign("-new", path(name)); err != nil || !strings.Contains(out, name+".pub") {
			t.Fatalf("%s, %v", out, err)
		}
	}
	if info, err := os.Stat(path("one")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the private key has the mode %v, %v", info.Mode(), err)
	}
	before, err := os.ReadFile(path("one"))
	must(t, err)
	if _, err := sign("-new", path("one")); err == nil {
		t.Error("a key was written over")
	}
	if now, err := os.ReadFile(path("one")); err != nil || !bytes.Equal(before, now) {
		t.Error("the key has changed")
	}
	refused := func(what, key, text string) {
		t.Helper()
		if _, err := sign("-trust", path(key), model); !errors.Is(err, signature.ErrUntrusted) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want it untrusted, with %q", what, err, text)
		}
	}
	refused("no signature", "one.pub", "there is no")
	if out, err := sign("-key", path("one"), model); err != nil || !strings.Contains(out, "model.json.sig") {
		t.Fatalf("%s, %v", out, err)
	}
	out, err := sign("-trust", path("one.pub"), model)
	if err != nil || !strings.Contains(out, "signed by a trusted key") {
		t.Errorf("%s, %v", out, err)
	}
	refused("another key", "two.pub", "by none of the keys")
	one, err := os.ReadFile(path("one.pub"))
	must(t, err)
	two, err := os.ReadFile(path("two.pub"))
	must(t, err)
	must(t, os.WriteFile(path("both.pub"), append(two, one...), 0o600))
	if _, err := sign("-trust", path("both.pub"), model); err != nil {
		t.Errorf("one of two keys: %v", err)
	}
	// Any byte of the file counts, also a space that changes nothing.
	data, err := os.ReadFile(model)
	must(t, err)
	must(t, os.WriteFile(model, append(data, '\n'), 0o600))
	refused("a further byte", "one.pub", "by none of the keys")
	must(t, os.WriteFile(model, data, 0o600))
	signature, err := os.ReadFile(model + ".sig")
	must(t, err)
	for what, bad := range map[string]string{"empty": "", "short": "AAAA", "words": "no signature", "zeros": strings.Repeat("A", 86) + "=="} {
		must(t, os.WriteFile(model+".sig", []byte(bad), 0o600))
		refused(what, "one.pub", "signature")
	}
	must(t, os.WriteFile(model+".sig", signature, 0o600))
	// A signed file that is no model is not signed, and not loaded.
	must(t, os.WriteFile(path("no.json"), []byte("{}"), 0o600))
	if _, err := sign("-key", path("one"), path("no.json")); err == nil {
		t.Error("a file that is no model was signed")
	}
	// Keys of other kinds and files that hold none.
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	inner, err := x509.MarshalPKCS8PrivateKey(other)
	must(t, err)
	outer, err := x509.MarshalPKIXPublicKey(&other.PublicKey)
	must(t, err)
	must(t, os.WriteFile(path("ec"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: inner}), 0o600))
	must(t, os.WriteFile(path("ec.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: outer}), 0o600))
	must(t, os.WriteFile(path("tail.pub"), append(one, "rest"...), 0o600))
	for args, text := range map[string]string{
		"-key ec": "ed25519", "-key one.pub": "no private key", "-key model.json": "no private key", "-key nowhere": "nowhere",
		"-trust ec.pub": "ed25519", "-trust one": "PRIVATE KEY", "-trust model.json": "no public key", "-trust tail.pub": "no public key", "-trust nowhere": "nowhere",
	} {
		flag, name, _ := strings.Cut(args, " ")
		if _, err := sign(flag, path(name), model); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want %q", args, err, text)
		}
	}
	for _, args := range [][]string{{}, {model}, {"-key", path("one")}, {"-new", path("x"), model}, {"-new", path("x"), "-key", path("one")}, {"-nonsense"}} {
		var usage program.Usage
		if _, err := sign(args...); !errors.As(err, &usage) {
			t.Errorf("%v: %v; want an error in the flags", args, err)
		}
	}
}
