package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

const (
	formatName    = "segmentation-model"
	formatVersion = 1
)

// What is wrong with a model file, wrapped with details.
var (
	ErrNotModel  = errors.New("segment: not a model file")
	ErrTruncated = errors.New("segment: the model file is cut short")
	ErrAltered   = errors.New("segment: the model file was altered or damaged")
	ErrNewer     = errors.New("segment: the model file is of a newer version")
)

// envelope is the model file: what it is, and the model with its checksum.
type envelope struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Checksum string `json:"checksum"` // SHA-256 over version and model without white space
	Model    any    `json:"model"`
}

type modelBody struct {
	Columns    []string                   `json:"columns"`
	Units      map[string]string          `json:"units"`
	Value      []string                   `json:"value_columns"`
	AsOf       string                     `json:"as_of,omitempty"`
	Rows       int                        `json:"rows"`
	Seed       uint64                     `json:"seed"`
	Ranges     []Range                    `json:"ranges"`
	Pipeline   *preprocess.FittedPipeline `json:"pipeline"`
	Centroids  []jsonfloat.Floats         `json:"centroids"`
	Tiers      []Tier                     `json:"tiers"`
	Means      []jsonfloat.Floats         `json:"means"`
	Shares     jsonfloat.Floats           `json:"shares"`
	Sweep      []SweepPoint               `json:"sweep"`
	Knee       int                        `json:"knee"`
	ChosenBy   By                         `json:"chosen_by"`
	Inertia    jsonfloat.Float            `json:"inertia"`
	Iterations int                        `json:"iterations"`
	Converged  bool                       `json:"converged"`
	Silhouette jsonfloat.Float            `json:"silhouette"`
}

func checksum(version int, model []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d\n", formatName, version)
	h.Write(model)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// MarshalJSON writes the model as its file: format name, version and checksum,
// and every number at full precision.
func (m *Model) MarshalJSON() ([]byte, error) {
	b := modelBody{
		Columns: m.columns, Units: m.units, Value: m.value, Rows: m.rows, Seed: m.seed, Ranges: m.ranges, Pipeline: m.pipeline,
		Tiers: m.tiers, Shares: m.shares, Sweep: m.sweep, Knee: m.knee, ChosenBy: m.by,
		Inertia: jsonfloat.Float(m.inertia), Iterations: m.iterations, Converged: m.converged, Silhouette: jsonfloat.Float(m.silhouette),
	}
	if len(m.tiers) == 0 {
		return nil, fmt.Errorf("%w: it was not trained", ErrNotModel)
	}
	if !m.asOf.IsZero() {
		b.AsOf = m.asOf.Format(time.DateOnly)
	}
	for c := range m.tiers {
		b.Centroids = append(b.Centroids, m.centroid(c))
		b.Means = append(b.Means, m.means[c])
	}
	if err := m.finite(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotFinite, err)
	}
	body, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{formatName, formatVersion, checksum(formatVersion, body), json.RawMessage(body)})
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses everything else with
// ErrTruncated, ErrAltered, ErrNewer or ErrNotModel.
func (m *Model) UnmarshalJSON(data []byte) error {
	var body json.RawMessage
	e := envelope{Model: &body}
	in := json.NewDecoder(bytes.NewReader(data))
	if err := in.Decode(&e); err != nil {
		switch {
		case !bytes.Contains(data[:min(len(data), 256)], []byte(formatName)):
			return fmt.Errorf("%w: %v", ErrNotModel, err)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("%w: it ends after %d bytes", ErrTruncated, len(data))
		}
		return fmt.Errorf("%w: %v", ErrAltered, err)
	}
	if rest := bytes.TrimSpace(data[in.InputOffset():]); len(rest) > 0 && e.Format == formatName {
		return fmt.Errorf("%w: %d bytes follow its end", ErrAltered, len(rest))
	}
	if e.Format != formatName {
		return fmt.Errorf("%w: its format is %q, that of a model is %q", ErrNotModel, e.Format, formatName)
	}
	if e.Version > formatVersion {
		return fmt.Errorf("%w: version %d; this program reads up to version %d", ErrNewer, e.Version, formatVersion)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil || e.Version < 1 {
		return fmt.Errorf("%w: version %d with a model of %d bytes", ErrAltered, e.Version, len(body))
	}
	if sum := checksum(e.Version, compact.Bytes()); sum != e.Checksum {
		return fmt.Errorf("%w: its checksum is %s, it should be %s", ErrAltered, sum, e.Checksum)
	}
	b := modelBody{Pipeline: new(preprocess.FittedPipeline)}
	if err := json.Unmarshal(compact.Bytes(), &b); err != nil {
		return fmt.Errorf("%w: %v", ErrAltered, err)
	}
	out := Model{
		columns: b.Columns, units: b.Units, value: b.Value, rows: b.Rows, seed: b.Seed, ranges: b.Ranges, pipeline: b.Pipeline,
		tiers: b.Tiers, shares: b.Shares, sweep: b.Sweep, knee: b.Knee, by: b.ChosenBy,
		inertia: float64(b.Inertia), iterations: b.Iterations, converged: b.Converged, silhouette: float64(b.Silhouette),
	}
	if b.AsOf != "" {
		day, err := time.Parse(time.DateOnly, b.AsOf)
		if err != nil {
			return fmt.Errorf("%w: %v", ErrAltered, err)
		}
		out.asOf = day
	}
	for _, row := range b.Means {
		out.means = append(out.means, row)
	}
	if len(b.Centroids) > 0 {
		out.width = len(b.Centroids[0])
	}
	for c, row := range b.Centroids {
		if len(row) != out.width {
			return fmt.Errorf("%w: centroid %d has %d values, the first %d", ErrAltered, c, len(row), out.width)
		}
		out.centroids = slices.Concat(out.centroids, row)
	}
	if err := out.validate(); err != nil {
		return fmt.Errorf("%w: %v", ErrAltered, err)
	}
	out.near = engine.NewCentroids(out.centroids, out.width)
	*m = out
	return nil
}

// Write writes the model file to w: the bytes that Save puts into a file.
func (m *Model) Write(w io.Writer) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, data, "", " "); err != nil {
		return err
	}
	pretty.WriteByte('\n')
	_, err = w.Write(pretty.Bytes())
	return err
}

// Save writes the model file: to a temporary name first, synced, and renamed,
// so that path holds the old file or the new one whatever happens.
func (m *Model) Save(path string) error {
	if err := atomicfile.Write(path, m.Write); err != nil {
		return fmt.Errorf("saving the model to %s: %w", path, err)
	}
	return nil
}

// Read reads a model file. Errors: ErrTruncated, ErrAltered, ErrNewer,
// ErrNotModel, and those of r.
func Read(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	m := new(Model)
	// Not json.Unmarshal, which would refuse a bad file before the model can
	// say what is wrong with it.
	if err := m.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return m, nil
}

// Load reads the model file at path, as Read does.
func Load(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("loading the model: %w", err)
	}
	defer f.Close()
	m, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("loading the model %s: %w", path, err)
	}
	return m, nil
}
