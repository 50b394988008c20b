package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The parameters of Argon2id that OWASP's Password Storage Cheat Sheet names first
// for 19 MiB: passes, memory in KiB, lanes.
const (
	passes = 2
	memory = 19 * 1024
	lanes  = 1
	saltOf = 16 // bytes
	keyOf  = 32
)

// The lengths of a password that are taken: NIST SP 800-63B asks for 8 characters at
// least; passwords here are the only factor.
const (
	leastPassword = 12  // characters
	mostPassword  = 256 // bytes
)

// checkPassword refuses a password that is too short or too long, or is the name.
func checkPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < leastPassword:
		return invalid("password", "password.short", leastPassword)
	case len(password) > mostPassword:
		return invalid("password", "password.long", mostPassword)
	case strings.EqualFold(name, password):
		return invalid("password", "password.name")
	}
	return nil
}

// hashing is held while a password is hashed, so that many who sign in at once take
// the memory of one.
var hashing sync.Mutex

func derive(password string, salt []byte, t, m uint32, p uint8) []byte {
	hashing.Lock()
	defer hashing.Unlock()
	return argon2.IDKey([]byte(password), salt, t, m, p, keyOf)
}

// HashPassword returns the Argon2id hash of a password with a salt of its own, in the
// PHC string format: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func HashPassword(password string) string {
	salt := make([]byte, saltOf)
	_, _ = rand.Read(salt) // never fails
	key := derive(password, salt, passes, memory, lanes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// unknown is compared with where there is no such user, so that the time of an answer
// tells nothing. No password has this hash: its key is not one of Argon2.
var unknown = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// IsPassword reports whether a password has a hash, in a time that tells nothing of
// either. One that cannot be read is that of no password.
func IsPassword(hash, password string) bool {
	var version, m, t int
	var p uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p)
	salt, wrongSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, wrongKey := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || wrongSalt != nil || wrongKey != nil || version != argon2.Version || len(key) != keyOf || t < 1 || t > 64 || m < 8 || m > 1<<20 || p < 1 || len(password) > mostPassword {
		return false
	}
	return subtle.ConstantTimeCompare(key, derive(password, salt, uint32(t), uint32(m), p)) == 1
}

// newToken returns 256 random bits, which nobody guesses, with what they begin with.
func newToken(prefix string) string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// tokenHash is what is kept of a token. It has the entropy of a key, so that a fast
// hash is enough.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
