package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A Certificate is that of two files, read again when they change: one that is
// renewed every few weeks takes effect without a restart.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    string // of the files when they were read last, whatever came of it
}

// LoadCertificate reads a certificate and its key.
func LoadCertificate(cert, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, log: log}
	c.seen = c.state()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	c.current = &pair
	return c, nil
}

// state describes the files, so that a change can be seen. A link leads to a new
// file when it is renewed; so not only the time counts, which may be older.
func (c *Certificate) state() string {
	out := ""
	for _, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			out += err.Error() + "\n"
			continue
		}
		target, _ := os.Readlink(name)
		out += fmt.Sprintln(info.ModTime().UnixNano(), info.Size(), target)
	}
	return out
}

// Get is the function for tls.Config.GetCertificate. Files that do not go
// together, as between two steps of a renewal, leave the old certificate in use
// until they change again.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.state()
	if seen == c.seen {
		return c.current, nil
	}
	c.seen = seen
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		c.log.Error("the new certificate cannot be used; the old one stays", "file", c.cert, "error", err, "old one ends", c.current.Leaf.NotAfter.Format(time.DateOnly))
		return c.current, nil
	}
	c.current = &pair
	c.log.Info("a new certificate is in use", "file", c.cert, "ends", pair.Leaf.NotAfter.Format(time.DateOnly))
	return c.current, nil
}
