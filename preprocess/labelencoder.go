package preprocess

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/cause"
)

// UnknownLabel is what [FittedLabelEncoder.InverseTransform] returns for the code
// of unknown labels.
const UnknownLabel = "unknown"

// LabelEncoder numbers the distinct labels of a column of strings, in ascending
// order of their bytes: the first is 0. It equals scikit-learn's LabelEncoder,
// and can encode unknown labels by a code of their own.
type LabelEncoder struct {
	// Unknown is Refuse if not set. With Accept, unseen labels get the code Code.
	Unknown UnknownPolicy

	// Code is that of unseen labels under Accept, and must not be that of a
	// label. 0, which always is, stands for −1.
	Code int
}

// Fit finds the labels, at least one. Each must be valid UTF-8.
func (t LabelEncoder) Fit(ctx context.Context, labels []string) (*FittedLabelEncoder, error) {
	if t.Unknown != Refuse && t.Unknown != Accept {
		return nil, fmt.Errorf("preprocess: label encoder: the policy %d is neither Refuse nor Accept: %w", t.Unknown, ErrOptions)
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("preprocess: label encoder: no labels: %w", ErrNoRows)
	}
	seen := map[string]bool{}
	for i, label := range labels {
		if i%blockValues == 0 && cause.Of(ctx) != nil {
			return nil, cause.Of(ctx)
		}
		if !seen[label] && !utf8.ValidString(label) {
			return nil, fmt.Errorf("preprocess: label encoder: label %d (counted from 0), %q, is not valid UTF-8: %w", i, label, ErrOptions)
		}
		seen[label] = true
	}
	classes := slices.Sorted(maps.Keys(seen))
	f := &FittedLabelEncoder{classes: classes, policy: t.Unknown}
	if t.Unknown == Accept {
		f.code = cmp.Or(t.Code, -1)
	}
	if f.takes(f.code) {
		return nil, fmt.Errorf("preprocess: label encoder: the code %d of unknown labels is that of %q; use −1 or one from %d on: %w", f.code, classes[f.code], len(classes), ErrOptions)
	}
	return f, nil
}

// FittedLabelEncoder is a [LabelEncoder] that knows the labels. It is immutable
// and safe for concurrent use.
type FittedLabelEncoder struct {
	classes []string
	policy  UnknownPolicy
	code    int // of unknown labels, under Accept
}

// Classes returns the labels in ascending order: the code of each is its index.
func (f *FittedLabelEncoder) Classes() []string { return slices.Clone(orZero(f).classes) }

// Code returns the code of one label.
func (f *FittedLabelEncoder) Code(label string) (int, error) {
	if !f.fitted() {
		return 0, notFitted("label encoder")
	}
	if code, found := slices.BinarySearch(f.classes, label); found {
		return code, nil
	}
	if f.policy == Accept {
		return f.code, nil
	}
	return 0, fmt.Errorf("preprocess: label encoder: %q is none of %s: %w", label, someOf(f.classes), ErrUnknownCategory)
}

// Label returns the label of one code, and [UnknownLabel] for the code of unknown
// labels.
func (f *FittedLabelEncoder) Label(code int) (string, error) {
	if !f.fitted() {
		return "", notFitted("label encoder")
	}
	if code >= 0 && code < len(f.classes) {
		return f.classes[code], nil
	}
	if f.policy == Accept && code == f.code {
		return UnknownLabel, nil
	}
	return "", fmt.Errorf("preprocess: label encoder: the code %d is not one from 0 to %d: %w", code, len(f.classes)-1, ErrUnknownCategory)
}

// Transform returns the code of each label.
func (f *FittedLabelEncoder) Transform(ctx context.Context, labels []string) ([]int, error) {
	return eachRow(ctx, f, labels, f.Code)
}

// InverseTransform returns the label of each code.
func (f *FittedLabelEncoder) InverseTransform(ctx context.Context, codes []int) ([]string, error) {
	return eachRow(ctx, f, codes, f.Label)
}

func eachRow[From, To any](ctx context.Context, f *FittedLabelEncoder, rows []From, of func(From) (To, error)) ([]To, error) {
	if !f.fitted() {
		return nil, notFitted("label encoder")
	}
	out := make([]To, len(rows))
	for i, row := range rows {
		if i%blockValues == 0 && cause.Of(ctx) != nil {
			return nil, cause.Of(ctx)
		}
		v, err := of(row)
		if err != nil {
			return nil, fmt.Errorf("row %d (counted from 0): %w", i, err)
		}
		out[i] = v
	}
	return out, nil
}

// takes reports whether unknown labels would get the code of a label.
func (f *FittedLabelEncoder) takes(code int) bool {
	return f.policy == Accept && code >= 0 && code < len(f.classes)
}

func (f *FittedLabelEncoder) fitted() bool { return f != nil && len(f.classes) > 0 }

func someOf(names []string) string {
	if len(names) > 12 {
		return fmt.Sprintf("%q and %d more", names[:12], len(names)-12)
	}
	return fmt.Sprintf("%q", names)
}

type labelJSON struct {
	header
	Classes []string `json:"classes"`
	Unknown string   `json:"unknown"`
	Code    int      `json:"code"`
}

// MarshalJSON writes all that was fitted.
func (f *FittedLabelEncoder) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	return marshal("label encoder", g.fitted(), labelJSON{header{"label_encoder", 1}, g.classes, g.policy.String(), g.code})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. Nobody else may be using f.
func (f *FittedLabelEncoder) UnmarshalJSON(data []byte) error {
	var j labelJSON
	if err := decodeStrict(data, "label_encoder", &j.header, &j); err != nil {
		return err
	}
	if len(j.Classes) == 0 {
		return malformed("label_encoder", "there are no classes")
	}
	policy, err := enumOf("label_encoder", "policy", policyNames, j.Unknown)
	if err != nil {
		return err
	}
	for i := 1; i < len(j.Classes); i++ {
		if j.Classes[i] <= j.Classes[i-1] {
			return malformed("label_encoder", "the classes %q and %q do not ascend", j.Classes[i-1], j.Classes[i])
		}
	}
	g := FittedLabelEncoder{j.Classes, UnknownPolicy(policy), j.Code}
	if g.takes(j.Code) {
		return malformed("label_encoder", "the code %d of unknown labels is that of %q", j.Code, j.Classes[j.Code])
	}
	*f = g
	return nil
}
