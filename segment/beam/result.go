package beam

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"github.com/customer-personality/segmentation/segment"
)

// fault is an error about the rows that travels: an error loses its type on its way from
// a worker.
type fault struct {
	kind byte // index in kinds, and one beyond for others
	text string
}

var kinds = []error{segment.ErrNotFinite, segment.ErrSource, segment.ErrOverflow, segment.ErrWidth, segment.ErrOption, segment.ErrEmpty}

func faultOf(err error) *fault {
	for i, kind := range kinds {
		if errors.Is(err, kind) {
			return &fault{byte(i), err.Error()}
		}
	}
	return &fault{byte(len(kinds)), err.Error()}
}

func (f *fault) Error() string { return f.text }

func (f *fault) Unwrap() error {
	if int(f.kind) < len(kinds) {
		return kinds[f.kind]
	}
	return nil
}

// first returns one of two faults, the same in any order.
func (f *fault) first(o *fault) *fault {
	if f == nil || o != nil && o.text < f.text {
		return o
	}
	return f
}

// result is a part as bytes: 0 and the tally, or 1, the kind and the text of a fault.
type result struct {
	tally []byte
	fault *fault
}

func (r result) encode() []byte {
	if r.fault != nil {
		return append([]byte{1, r.fault.kind}, r.fault.text...)
	}
	return append([]byte{0}, r.tally...)
}

func decodeResult(data []byte) (result, error) {
	switch {
	case len(data) > 0 && data[0] == 0:
		return result{tally: data[1:]}, nil
	case len(data) > 1 && data[0] == 1:
		return result{fault: &fault{data[1], string(data[2:])}}, nil
	}
	return result{}, fmt.Errorf("%w: %d bytes that are no answer to a pass", ErrNoResult, len(data))
}

const magic = "segment.pass 1\n"

// seal returns the content of the file of a try: magic, the name of the try, the
// length of the result, the result and a checksum of all that.
func (r result) seal(try string) []byte {
	data := r.encode()
	out := append([]byte(magic+try+"\n"), binary.LittleEndian.AppendUint64(nil, uint64(len(data)))...)
	out = append(out, data...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

func unseal(file []byte, try string) (result, error) {
	head := []byte(magic + try + "\n")
	if !bytes.HasPrefix(file, head) {
		return result{}, fmt.Errorf("%w: its file is not of this try", ErrNoResult)
	}
	n := len(file) - sha256.Size
	if n < len(head)+8 || binary.LittleEndian.Uint64(file[len(head):]) != uint64(n-len(head)-8) {
		return result{}, fmt.Errorf("%w: its file of %d bytes is cut", ErrNoResult, len(file))
	}
	if sum := sha256.Sum256(file[:n]); !bytes.Equal(sum[:], file[n:]) {
		return result{}, fmt.Errorf("%w: its file is damaged", ErrNoResult)
	}
	return decodeResult(file[len(head)+8 : n])
}

// writeResult writes the file of a try, where the file system can rename under another
// name first: a bundle that a runner runs twice must not cut what the other has written.
func writeResult(ctx context.Context, file, try string, r result) error {
	fs, err := filesystem.New(ctx, file)
	if err != nil {
		return err
	}
	defer fs.Close()
	if _, ok := fs.(filesystem.Renamer); !ok {
		return filesystem.Write(ctx, fs, file, r.seal(try))
	}
	part := file + "-" + rand.Text()
	if err := filesystem.Write(ctx, fs, part, r.seal(try)); err != nil {
		return err
	}
	return filesystem.Rename(ctx, fs, part, file)
}

// readResult reads the file of a try into a tally of its pass.
func readResult(ctx context.Context, file, try string, t *segment.Tally) error {
	fs, err := filesystem.New(ctx, file)
	if err != nil {
		return err
	}
	defer fs.Close()
	data, err := filesystem.Read(ctx, fs, file)
	if err != nil {
		return fmt.Errorf("%w; is the folder seen by this process and all workers, and has nobody cancelled the job? %w", ErrNoResult, err)
	}
	r, err := unseal(data, try)
	if err != nil {
		return err
	}
	if r.fault != nil {
		return r.fault
	}
	if err := t.UnmarshalBinary(r.tally); err != nil {
		return fmt.Errorf("%w: %w", ErrNoResult, err)
	}
	return nil
}

// remove removes a file, if it is there.
func remove(ctx context.Context, file string) {
	if fs, err := filesystem.New(ctx, file); err == nil {
		defer fs.Close()
		if r, ok := fs.(filesystem.Remover); ok {
			_ = r.Remove(ctx, file)
		}
	}
}
