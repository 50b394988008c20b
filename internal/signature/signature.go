// Package signature signs model files by ed25519 keys (RFC 8032) and checks the
// signatures.
package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/segment"
)

// ErrUntrusted means that a model file has no signature by a trusted key.
var ErrUntrusted = errors.New("the model is not signed by a key that is trusted")

// Name returns the file beside a model file that holds its signature: the
// ed25519 signature of the bytes of the model file (RFC 8032), in base64.
func Name(model string) string { return model + ".sig" }

// NewKey generates a key: the private one in a new file of mode 0600 (PKCS #8
// in PEM), and the public one (PKIX in PEM), for -trust, in a file with .pub
// after its name.
func NewKey(path string) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	inner, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	outer, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path string
		mode fs.FileMode
		pem.Block
	}{{path, 0o600, pem.Block{Type: "PRIVATE KEY", Bytes: inner}}, {path + ".pub", 0o644, pem.Block{Type: "PUBLIC KEY", Bytes: outer}}} {
		// A key that is there is not written over.
		f, err := os.OpenFile(file.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, file.mode)
		if err != nil {
			return err
		}
		if err := errors.Join(pem.Encode(f, &file.Block), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// ReadKey reads a private key.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s holds no private key; want PEM with a PRIVATE KEY, as examples/sign -new writes", path)
	}
	return parse[ed25519.PrivateKey](path, block, x509.ParsePKCS8PrivateKey)
}

// parse reads a key of ed25519 from a block of a file.
func parse[K any](path string, block *pem.Block, read func([]byte) (any, error)) (key K, err error) {
	found, err := read(block.Bytes)
	if err != nil {
		return key, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := found.(K)
	if !ok {
		return key, fmt.Errorf("%s holds a key of another kind, %T; want ed25519", path, found)
	}
	return key, nil
}

// Sign writes the signature of a model file beside it.
func Sign(model string, key ed25519.PrivateKey) error {
	data, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	return atomicfile.Write(Name(model), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, base64.StdEncoding.EncodeToString(ed25519.Sign(key, data)))
		return err
	})
}

// Trust is a flag that names a file with the public keys whose signatures are
// trusted. Without one every model is.
type Trust struct {
	path string
	keys []ed25519.PublicKey
}

// String returns the name of the file.
func (t *Trust) String() string { return t.path }

// Set reads the file: one public key in PEM, or several.
func (t *Trust) Set(path string) error {
	rest, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t.path, t.keys = path, nil
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "PUBLIC KEY" {
			return fmt.Errorf("%s holds a %s; want PUBLIC KEY alone, as in the file with .pub after its name", path, block.Type)
		}
		key, err := parse[ed25519.PublicKey](path, block, x509.ParsePKIXPublicKey)
		if err != nil {
			return err
		}
		t.keys = append(t.keys, key)
	}
	if len(t.keys) == 0 || len(bytes.TrimSpace(rest)) > 0 {
		return fmt.Errorf("%s holds no public key, or something behind it; want PEM with a PUBLIC KEY, as examples/sign -new writes", path)
	}
	return nil
}

// Given reports whether there are keys.
func (t *Trust) Given() bool { return len(t.keys) > 0 }

// mostModel is more than segment.Read takes.
const mostModel = 1 << 30

// Load reads a model file as segment.Load does, and refuses one that has no
// signature by a trusted key. The bytes that are checked are those that are read.
func (t *Trust) Load(path string) (*segment.Model, error) {
	if !t.Given() {
		return segment.Load(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostModel))
	if err != nil {
		return nil, err
	}
	if err := t.check(path, data); err != nil {
		return nil, err
	}
	m, err := segment.Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("loading the model %s: %w", path, err)
	}
	return m, nil
}

// check verifies the signature of the bytes of a file.
func (t *Trust) check(path string, data []byte) error {
	name := Name(path)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w: there is no %s; sign it by examples/sign -key KEYFILE", path, ErrUntrusted, name)
	}
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return fmt.Errorf("%s: %w: %s holds no signature; want %d bytes in base64", path, ErrUntrusted, name, ed25519.SignatureSize)
	}
	for _, key := range t.keys {
		if ed25519.Verify(key, data, signature) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w: the signature in %s is by none of the keys in %s, or of other bytes", path, ErrUntrusted, name, t.path)
}
