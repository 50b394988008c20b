package preprocess

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Decode reads a fitted value of any kind: the JSON that its MarshalJSON wrote,
// an object whose member "kind" names its type ("imputer", "scaler", "pca",
// "one_hot_encoder", "log1p", "quantile_transformer", "power_transformer",
// "column_transformer", "pipeline", or one given to [Register]). Errors: [ErrFormat];
// [ErrVersion] for a newer version; [ErrKind] for a kind that nobody knows. A
// [FittedLabelEncoder] is no Fitted; it is read with json.Unmarshal.
func Decode(data []byte) (Fitted, error) {
	return decode(data, 0, &budget{maxSteps, maxNested})
}

// budget is how much of a fitted value may still be read.
type budget struct {
	steps int // of all pipelines
	bytes int // of pipelines that are steps of another, counted at each level, for it is read again
}

const maxNested = 256 << 10

// Register registers a kind of fitted value from another package, so that a
// pipeline with such a step can be written and read. Its MarshalJSON must write
// an object with the member "kind"; what decode makes of that must write the same
// bytes again. A kind that is already known is an error ([ErrKind]).
func Register(kind string, decode func(data []byte) (Fitted, error)) error {
	if kind == "" || decode == nil {
		return fmt.Errorf("preprocess: a kind needs a name and a function that decodes it: %w", ErrKind)
	}
	registry.Lock()
	defer registry.Unlock()
	if _, ok := registry.kinds[kind]; ok || nesting(kind) {
		return fmt.Errorf("preprocess: the kind %q is registered already: %w", kind, ErrKind)
	}
	registry.kinds[kind] = decode
	return nil
}

var registry = struct {
	sync.RWMutex
	kinds map[string]func([]byte) (Fitted, error)
}{kinds: map[string]func([]byte) (Fitted, error){
	"log1p":                func(data []byte) (Fitted, error) { return into(data, new(FittedLog1p)) },
	"quantile_transformer": func(data []byte) (Fitted, error) { return into(data, new(FittedQuantileTransformer)) },
	"power_transformer":    func(data []byte) (Fitted, error) { return into(data, new(FittedPowerTransformer)) },
	"imputer":              func(data []byte) (Fitted, error) { return into(data, new(FittedImputer)) },
	"scaler":               func(data []byte) (Fitted, error) { return into(data, new(FittedScaler)) },
	"pca":                  func(data []byte) (Fitted, error) { return into(data, new(FittedPCA)) },
	"one_hot_encoder":      func(data []byte) (Fitted, error) { return into(data, new(FittedOneHotEncoder)) },
}}

// nesting reports whether values of a kind hold others.
func nesting(kind string) bool { return kind == "pipeline" || kind == "column_transformer" }

func into[F interface {
	Fitted
	json.Unmarshaler
}](data []byte, f F) (Fitted, error) {
	if err := f.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return f, nil
}

func decode(data []byte, depth int, left *budget) (Fitted, error) {
	kind, err := kindOf(data)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "pipeline":
		p, err := decodePipeline(data, depth, left)
		if err != nil {
			return nil, err
		}
		return p, nil
	case "column_transformer":
		c, err := decodeColumns(data, depth, left)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	registry.RLock()
	decode := registry.kinds[kind]
	registry.RUnlock()
	f, err := decode(data)
	if err != nil {
		return nil, err
	}
	if f == nil || len(f.InputColumns()) == 0 || len(f.OutputColumns()) == 0 {
		return nil, malformed(kind, "it has no columns")
	}
	return f, nil
}

// kindOf returns the kind of a fitted value's JSON if it is known.
func kindOf(data []byte) (string, error) {
	var h struct {
		Kind string `json:"kind"`
	}
	// The member kind comes first, and what follows may be large.
	in := json.NewDecoder(bytes.NewReader(data))
	brace, _ := in.Token()
	member, _ := in.Token()
	kind, _ := in.Token()
	if s, ok := kind.(string); ok && brace == json.Delim('{') && member == "kind" {
		h.Kind = s
	} else if err := json.Unmarshal(data, &h); err != nil {
		return "", fmt.Errorf("preprocess: %w: %w", ErrFormat, err)
	}
	if h.Kind == "" {
		return "", fmt.Errorf("preprocess: an object with the member \"kind\" is needed: %w", ErrFormat)
	}
	registry.RLock()
	defer registry.RUnlock()
	if _, ok := registry.kinds[h.Kind]; !ok && !nesting(h.Kind) {
		return "", fmt.Errorf("preprocess: the kind %q is not known: %w", h.Kind, ErrKind)
	}
	return h.Kind, nil
}

// header starts the JSON of every fitted value.
type header struct {
	Kind    string `json:"kind"`
	Version int    `json:"version"`
}

// marshal returns the JSON of what was fitted.
func marshal(op string, fitted bool, v any) ([]byte, error) {
	if !fitted {
		return nil, notFitted(op)
	}
	return json.Marshal(v)
}

// newest returns the newest version of a kind that can be read.
func newest(kind string) int {
	if kind == "one_hot_encoder" {
		return 2
	}
	return 1
}

// decodeStrict reads data into v, whose header is h, and checks kind and version.
func decodeStrict(data []byte, kind string, h *header, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err != nil {
		// A newer version may have members that are unknown here.
		if err := json.Unmarshal(data, h); err != nil {
			return malformed(kind, "%v", err)
		}
	}
	switch {
	case h.Kind != kind:
		return malformed(kind, "its kind is %q", h.Kind)
	case h.Version > newest(kind):
		return fmt.Errorf("preprocess: %s: it is of version %d, and %d is the newest known here: %w", kind, h.Version, newest(kind), ErrVersion)
	case h.Version < 1:
		return malformed(kind, "its version is %d", h.Version)
	case err != nil:
		return malformed(kind, "%v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed(kind, "something follows its end")
	}
	return nil
}

// floats are numbers none of which is null, which encoding/json would read as 0.
type floats []float64

func (f *floats) UnmarshalJSON(data []byte) error {
	if len(data) > 4 && bytes.Contains(data, []byte("null")) {
		return errors.New("a number of a list is null")
	}
	return json.Unmarshal(data, (*[]float64)(f))
}

// checkColumns checks names, and values of which there must be one for each.
func checkColumns(kind string, columns []string, values ...floats) error {
	if len(columns) == 0 {
		return malformed(kind, "it has no columns")
	}
	if err := checkNames(columns); err != nil {
		return malformed(kind, "%v", err)
	}
	for _, v := range values {
		if len(v) != len(columns) {
			return malformed(kind, "%d numbers for %d columns", len(v), len(columns))
		}
		if !allFinite(v) {
			return malformed(kind, "a number is not finite")
		}
	}
	return nil
}

func malformed(kind, format string, args ...any) error {
	return fmt.Errorf("preprocess: %s: %w: %s", kind, ErrFormat, fmt.Sprintf(format, args...))
}

// enumOf returns the place of a name among those of an enumeration.
func enumOf(kind, what string, names []string, name string) (int, error) {
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	return 0, malformed(kind, "the %s %q is not one of %q", what, name, names)
}

func enumName(names []string, i int, kind string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}
