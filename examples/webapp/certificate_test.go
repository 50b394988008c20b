package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certify makes a certificate for 127.0.0.1 with a serial number, and its key.
func certify(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs})
}

// A certificate that is renewed while the app runs is in use from the next
// connection on, and a broken one is not.
func TestCertificateIsReloaded(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c1, k1 := certify(t, 1)
	write(cert, c1)
	write(key, k1)
	var log buffer
	addr := free(t)
	cfg := settings(t, "-addr", addr, "-db", "sqlite:"+filepath.Join(dir, "app.db"), "-tls-cert", cert, "-tls-key", key)
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	go func() { ended <- serve(ctx, cfg, slog.New(slog.NewTextHandler(&log, nil))) }()
	serial := func() int64 {
		t.Helper()
		var err error
		for range 200 {
			var c *tls.Conn
			if c, err = tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true}); err == nil {
				defer func() { _ = c.Close() }()
				return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal(err)
		return 0
	}
	if got := serial(); got != 1 {
		t.Fatalf("the first certificate is number %d", got)
	}
	// A renewal writes one file after the other: between them they do not fit.
	c2, k2 := certify(t, 2)
	write(cert, c2)
	if got := serial(); got != 1 {
		t.Errorf("with half of a renewal the certificate is number %d", got)
	}
	write(key, k2)
	if got := serial(); got != 2 {
		t.Errorf("after a renewal the certificate is number %d", got)
	}
	for _, broken := range []string{"", "nonsense", string(c1[:len(c1)/2]), string(k1)} {
		write(cert, []byte(broken))
		if got := serial(); got != 2 {
			t.Errorf("with %.20q in the file the certificate is number %d", broken, got)
		}
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("without the file the certificate is number %d", got)
	}
	if n := strings.Count(log.String(), "the new certificate cannot be used"); n != 6 {
		t.Errorf("the log tells %d times of a broken file, want once for each: %s", n, log.String())
	}
	// Tools such as certbot point a link at another file.
	c3, k3 := certify(t, 3)
	write(filepath.Join(dir, "cert3.pem"), c3)
	write(key, k3)
	if err := os.Symlink("cert3.pem", cert); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 3 {
		t.Errorf("after the link was set the certificate is number %d", got)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	r, err := client.Get("https://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.ProtoMajor != 2 || r.StatusCode != 200 {
		t.Errorf("the app answers %s by %s", r.Status, r.Proto)
	}
	client.CloseIdleConnections()
}

// What the operator may not have meant is in the log from the start.
func TestWarnsAtStart(t *testing.T) {
	_, port, _ := net.SplitHostPort(free(t))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-addr", "0.0.0.0:" + port, "-open"}, "level=WARN msg=\"-open: whoever reaches 0.0.0.0:" + port},
		{[]string{"-addr", "0.0.0.0:" + port, "-user", "anna", "-password", "correct horse"}, "over plain HTTP"},
	} {
		var log buffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, append(test.args, "-db", "sqlite:"+filepath.Join(t.TempDir(), "app.db")), io.Discard, &log)
		}()
		for range 200 {
			if strings.Contains(log.String(), "msg=listening") {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), test.want) || strings.Contains(log.String(), "correct horse") {
			t.Errorf("%v logs %s", test.args, log.String())
		}
	}
}
