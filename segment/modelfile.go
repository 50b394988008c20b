package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

const (
	formatName = "segmentation-model"

	// formatVersion is the newest that is read. A model is written with the lowest
	// version that has all its members: see modelFile.version.
	formatVersion = 2

	// maxModelFile bounds the bytes of a model file, white space included: room
	// for 400 clusters of 100 columns, and little enough that any file is refused
	// within 100 ms and 64 MB (TestReadRefusesCheaply).
	maxModelFile = 1 << 20
)

// What is wrong with a model file, wrapped with details.
var (
	ErrNotModel     = errors.New("segment: not a model file")
	ErrTruncated    = errors.New("segment: the model file is cut short")
	ErrAltered      = errors.New("segment: the model file was altered or damaged")
	ErrInconsistent = errors.New("segment: the model file contradicts itself") // its checksum is right
	ErrNewer        = errors.New("segment: the model file is of a newer version")
	ErrTooLarge     = errors.New("segment: the model file is too large")
)

// errNotTrained is the error of a Model that is nil or zero.
var errNotTrained = fmt.Errorf("%w: it was not trained", ErrNotModel)

// modelFile is what a model file holds, and what a Model is.
type modelFile struct {
	Columns    []string                   `json:"columns"`
	Units      map[string]string          `json:"units"`
	Value      []string                   `json:"value_columns"`
	Less       []string                   `json:"less_columns,omitempty"`     // from version 2 on
	ID         string                     `json:"id_column,omitempty"`        // from version 2 on
	Describe   []string                   `json:"describe_columns,omitempty"` // from version 2 on
	AsOf       date                       `json:"as_of,omitzero"`
	Limits     map[string]float64         `json:"limits,omitzero"`
	Least      map[string]float64         `json:"least,omitempty"` // from version 2 on
	Rows       int                        `json:"rows"`
	Seed       uint64                     `json:"seed"`
	Ranges     []fileRange                `json:"ranges"`
	Pipeline   *preprocess.FittedPipeline `json:"pipeline"`
	Centroids  [][]float64                `json:"centroids"` // k×q, behind the pipeline, by rank
	Tiers      []fileTier                 `json:"tiers"`     // by rank, and so by cluster
	Means      [][]float64                `json:"means"`
	Shares     []float64                  `json:"shares"`
	Categories []CategoricalColumn        `json:"categories,omitempty"`
	Sweep      []filePoint                `json:"sweep"`
	Knee       int                        `json:"knee"`
	ChosenBy   By                         `json:"chosen_by"`
	Inertia    float64                    `json:"inertia"`
	Iterations int                        `json:"iterations"`
	Converged  bool                       `json:"converged"`
	Silhouette float64                    `json:"silhouette"`
}

// version returns the first version of the format that has all members of f.
func (f *modelFile) version() int {
	if len(f.Less) > 0 || f.ID != "" || len(f.Describe) > 0 || len(f.Least) > 0 {
		return 2
	}
	return 1
}

// In the file all numbers are finite, so that these need not say what is not, which
// would take three times the time and the memory.
type (
	fileRange Range
	fileTier  Tier
	filePoint SweepPoint
)

// date is a day without its time; the zero one is none.
type date time.Time

func (d date) IsZero() bool { return time.Time(d).IsZero() }

func (d date) MarshalText() ([]byte, error) {
	return time.Time(d).AppendFormat(nil, time.DateOnly), nil
}

func (d *date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	*d = date(t)
	return err
}

// mapped is f of every element; nil stays nil.
func mapped[A, B any](list []A, f func(A) B) []B {
	if list == nil {
		return nil
	}
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func checksum(version int, model []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d\n", formatName, version)
	h.Write(model)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// MarshalJSON writes the model as its file: format name, version and checksum,
// and every number at full precision. Errors: ErrNotModel for a model that was
// not trained, ErrTooLarge and ErrInconsistent for one that Read would refuse.
func (m *Model) MarshalJSON() ([]byte, error) {
	m = orZero(m)
	if len(m.f.Tiers) == 0 {
		return nil, errNotTrained
	}
	if err := m.finite(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotFinite, err)
	}
	body, err := json.Marshal(m.f)
	if err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("%w, and would not be read: %w", ErrInconsistent, err)
	}
	version := m.f.version()
	data := slices.Concat(head(version, checksum(version, body)), body, []byte("}"))
	if len(data) > maxModelFile {
		return nil, fileTooLarge(len(data))
	}
	return data, nil
}

// head is the file without white space up to the model.
func head(version int, checksum string) []byte {
	return fmt.Appendf(nil, `{"format":"%s","version":%d,"checksum":"%s","model":`, formatName, version, checksum)
}

func fileTooLarge(n int) error {
	return fmt.Errorf("%w: %d bytes; at most %d are read", ErrTooLarge, n, maxModelFile)
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses everything else with
// ErrTruncated, ErrAltered, ErrInconsistent, ErrNewer, ErrTooLarge or
// ErrNotModel. A right checksum is not enough: what was read must be written as
// the same bytes again, so that nothing in the file is unknown, repeated, null
// or spelt otherwise, and its figures must fit each other.
func (m *Model) UnmarshalJSON(data []byte) error {
	if m == nil {
		return fmt.Errorf("%w: there is no Model to read into", ErrOption)
	}
	if len(data) > maxModelFile {
		return fileTooLarge(len(data))
	}
	version, body, err := open(data)
	if err != nil {
		return err
	}
	out, err := readModel(version, body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInconsistent, err)
	}
	*m = *out
	return nil
}

func readModel(version int, body []byte) (*Model, error) {
	m := &Model{f: modelFile{Pipeline: new(preprocess.FittedPipeline)}}
	if err := json.Unmarshal(body, &m.f); err != nil {
		return nil, err
	}
	if want := m.f.version(); version != want {
		return nil, fmt.Errorf("it is of version %d, and has the members of version %d", version, want)
	}
	if k := len(m.f.Centroids); k != len(m.f.Tiers) {
		return nil, fmt.Errorf("there are %d centroids for %d tiers", k, len(m.f.Tiers))
	}
	for c, row := range m.f.Centroids {
		if len(row) != m.width() {
			return nil, fmt.Errorf("centroid %d has %d values, the first %d", c, len(row), m.width())
		}
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	m.paths = steps.SplitOf(m.f.Pipeline).Paths
	if err := m.checkCategorical(); err != nil {
		return nil, err
	}
	again, err := json.Marshal(m.f)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, body) {
		i := 0
		for i < min(len(again), len(body)) && again[i] == body[i] {
			i++
		}
		near := func(b []byte) []byte { return b[min(max(0, i-20), len(b)):min(i+30, len(b))] }
		return nil, fmt.Errorf("it has %q where a model has %q (a member that is unknown, repeated, missing, null or spelt otherwise)", near(body), near(again))
	}
	m.near = engine.NewCentroids(slices.Concat(m.f.Centroids...), m.width())
	return m, nil
}

// open returns the version and the model of a file, without white space, whose checksum is right.
func open(data []byte) (version int, body []byte, err error) {
	var e struct {
		Format   string          `json:"format"`
		Version  int             `json:"version"`
		Checksum string          `json:"checksum"` // SHA-256 over version and model without white space
		Model    json.RawMessage `json:"model"`
	}
	in := json.NewDecoder(bytes.NewReader(data))
	if err := in.Decode(&e); err != nil {
		switch {
		case !bytes.Contains(data[:min(len(data), 256)], []byte(formatName)):
			return 0, nil, fmt.Errorf("%w: %w", ErrNotModel, err)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return 0, nil, fmt.Errorf("%w: it ends after %d bytes", ErrTruncated, len(data))
		}
		return 0, nil, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	if e.Format != formatName {
		return 0, nil, fmt.Errorf("%w: its format is %q, that of a model is %q", ErrNotModel, e.Format, formatName)
	}
	if rest := bytes.TrimSpace(data[in.InputOffset():]); len(rest) > 0 {
		return 0, nil, fmt.Errorf("%w: %d bytes follow its end", ErrAltered, len(rest))
	}
	if e.Version > formatVersion {
		return 0, nil, fmt.Errorf("%w: version %d; this program reads up to version %d", ErrNewer, e.Version, formatVersion)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	start := head(e.Version, e.Checksum)
	if !bytes.HasPrefix(compact.Bytes(), start) || e.Version < 1 {
		return 0, nil, fmt.Errorf("%w: it does not begin with format, version (of at least 1), checksum and model, each once", ErrAltered)
	}
	body = compact.Bytes()[len(start) : compact.Len()-1]
	if sum := checksum(e.Version, body); sum != e.Checksum {
		return 0, nil, fmt.Errorf("%w: its checksum is %s, it should be %s", ErrAltered, sum, e.Checksum)
	}
	return e.Version, body, nil
}

// validate checks that what has been read from a file is a model: every length
// fits, every figure is one that training can give, and rows at the limits of the
// training have finite distances.
func (m *Model) validate() error {
	if err := checkColumns(m.f.Columns, m.f.Value); err != nil {
		return err
	}
	if err := checkRoles(m.f.Columns, m.f.Value, m.f.Less, m.f.ID, m.f.Describe); err != nil {
		return err
	}
	if m.f.Pipeline == nil {
		return errors.New("there is no pipeline")
	}
	k, d := len(m.f.Tiers), len(m.f.Columns)
	switch in, out := m.f.Pipeline.InputColumns(), m.f.Pipeline.OutputColumns(); {
	case d == 0 || k == 0:
		return fmt.Errorf("there are %d columns and %d clusters", d, k)
	case !slices.Equal(in, m.f.Columns):
		return fmt.Errorf("the pipeline takes the columns %v, the model %v", in, m.f.Columns)
	case len(out) == 0 || len(out) != m.width():
		return fmt.Errorf("the pipeline gives %d columns, the centroids have %d", len(out), m.width())
	case len(m.f.Means) != k || len(m.f.Ranges) != d || len(m.f.Shares) != d:
		return fmt.Errorf("there are means of %d clusters for %d, ranges of %d columns and shares of %d for %d", len(m.f.Means), k, len(m.f.Ranges), len(m.f.Shares), d)
	}
	for _, check := range []func() error{m.finite, m.validateClusters, m.validateColumns, m.validateTraining, m.validateDistances} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) validateClusters() error {
	total := 0.0
	for i, t := range m.f.Tiers {
		total += t.Size
		switch {
		case t.Cluster != i || t.Rank != i:
			return fmt.Errorf("tier %d is that of cluster %d with rank %d", i, t.Cluster, t.Rank)
		case strings.TrimSpace(t.Name) == "" || strings.ContainsFunc(t.Name, unicode.IsControl):
			return fmt.Errorf("cluster %d has the tier %q; a name is needed", i, t.Name)
		case !(t.Size > 0):
			return fmt.Errorf("cluster %d has the size %v; it must be positive", i, t.Size)
		case math.Abs(t.Score) > 1e-6+float64(math.Sqrt(float64(m.f.Rows))*(1+1e-6)): // no mean lies farther out, in deviations
			return fmt.Errorf("cluster %d has the score %v, with %d rows", i, t.Score, m.f.Rows)
		case i > 0 && t.Score > m.f.Tiers[i-1].Score:
			return fmt.Errorf("cluster %d has a greater score, %v, than cluster %d, %v", i, t.Score, i-1, m.f.Tiers[i-1].Score)
		case len(m.f.Means[i]) != len(m.f.Columns):
			return fmt.Errorf("cluster %d has %d means for %d columns", i, len(m.f.Means[i]), len(m.f.Columns))
		}
	}
	if math.Abs(total-float64(m.f.Rows)) > float64(1e-6*total)+0.5 {
		return fmt.Errorf("the clusters have %v rows together, the training had %d", total, m.f.Rows)
	}
	return nil
}

func (m *Model) validateColumns() error {
	total := 0.0
	for j, r := range m.f.Ranges {
		if r.Min > r.Max {
			return fmt.Errorf("column %s goes from %v to %v", m.f.Columns[j], r.Min, r.Max)
		}
		// A mean may leave the range by rounding.
		slack := float64(1e-9 * max(math.Abs(r.Min), math.Abs(r.Max)))
		for i, mean := range m.f.Means {
			if mean[j] < r.Min-slack || mean[j] > r.Max+slack {
				return fmt.Errorf("cluster %d has the mean %v of column %s, which goes from %v to %v", i, mean[j], m.f.Columns[j], r.Min, r.Max)
			}
		}
		if !(m.f.Shares[j] >= 0 && m.f.Shares[j] <= 1) {
			return fmt.Errorf("column %s has the share %v; it lies from 0 to 1", m.f.Columns[j], m.f.Shares[j])
		}
		total += m.f.Shares[j]
	}
	if total != 0 && math.Abs(total-1) > 1e-6 {
		return fmt.Errorf("the shares of the columns are %v together; want 1", total)
	}
	if m.f.Units == nil || len(m.f.Value) == 0 {
		return errors.New("the units, or the columns of value, are null")
	}
	for name := range m.f.Units {
		if !slices.Contains(m.f.Columns, name) {
			return fmt.Errorf("there is a unit for %q, and no such column", name)
		}
	}
	return nil
}

func (m *Model) validateTraining() error {
	if err := checkLimits(m.f.Least, m.f.Limits); err != nil {
		return err
	}
	for i, p := range m.f.Sweep {
		if p.K < 1 || i > 0 && p.K <= m.f.Sweep[i-1].K || !(p.Inertia >= 0) {
			return fmt.Errorf("point %d of the sweep is k = %d with inertia %v", i, p.K, p.Inertia)
		}
	}
	known := func(k int) bool { return slices.ContainsFunc(m.f.Sweep, func(p filePoint) bool { return p.K == k }) }
	switch {
	case m.f.Rows < len(m.f.Tiers):
		return fmt.Errorf("%d rows make %d clusters", m.f.Rows, len(m.f.Tiers))
	case m.f.Knee != 0 && !known(m.f.Knee):
		return fmt.Errorf("the knee %d is no k of the sweep", m.f.Knee)
	case m.f.ChosenBy != ByCaller && m.f.ChosenBy != ByKnee && m.f.ChosenBy != BySilhouette && m.f.ChosenBy != ByDefault:
		return fmt.Errorf("%q chose the number of clusters; want %s, %s, %s or %s", m.f.ChosenBy, ByKnee, BySilhouette, ByCaller, ByDefault)
	case m.f.ChosenBy == ByKnee && m.f.Knee != len(m.f.Tiers):
		return fmt.Errorf("there are %d clusters, chosen by the knee %d", len(m.f.Tiers), m.f.Knee)
	case !(m.f.Inertia >= 0):
		return fmt.Errorf("the inertia is %v", m.f.Inertia)
	case m.f.Iterations < 0:
		return fmt.Errorf("there were %d iterations", m.f.Iterations)
	case !(m.f.Silhouette >= -1 && m.f.Silhouette <= 1):
		return fmt.Errorf("the silhouette is %v; it lies from -1 to 1", m.f.Silhouette)
	}
	return nil
}

// farthest is how many times the spread of the training anything in a model may
// lie away from it. A training gives far less, also where one row lies far out;
// figures beyond it were made by hand.
const farthest = 1e15

// validateDistances tries the pipeline on rows at the limits of the training,
// which are categories where a column has them, and holds what comes out and the
// centroids against each other: neither may lie beyond the other by orders of
// magnitude.
func (m *Model) validateDistances() error {
	d, k := len(m.f.Columns), len(m.f.Tiers)
	// Row b has the greatest value of each column whose number has bit b: so every
	// column varies, and a file of many columns does not take long.
	var rows [][]float64
	for b := -1; b < bits.Len(uint(d)); b++ {
		row := make([]float64, d)
		for j, r := range m.f.Ranges {
			if row[j] = r.Min; b >= 0 && (j+1)>>b&1 == 1 {
				row[j] = r.Max
			}
		}
		z := make([]float64, m.width())
		if err := m.f.Pipeline.TransformRow(z, row); err != nil {
			return err
		}
		rows = append(rows, z)
	}
	box, spread := 0.0, 0.0 // of the rows, of the centroids
	for _, z := range rows {
		box = max(box, engine.Distance(z, rows[0]))
	}
	for c := range k {
		spread = max(spread, engine.Distance(m.f.Centroids[c], m.f.Centroids[0]))
	}
	origin := make([]float64, m.width())
	rounding := func(z []float64) float64 { return float64(1e-9 * engine.Distance(z, origin)) }
	if far := farthest * box; !(spread <= far) || !(math.Sqrt(m.f.Inertia) <= float64(far*math.Sqrt(float64(m.f.Rows)))+rounding(rows[0])) {
		return fmt.Errorf("the centroids are %.3g apart and the inertia is %.3g; rows at the limits of the training are %.3g apart", spread, m.f.Inertia, box)
	}
	missing := make([]float64, m.width())
	nan := slices.Repeat([]float64{math.NaN()}, d)
	if m.f.Pipeline.TransformRow(missing, nan) == nil { // where missing values are imputed
		rows = append(rows, missing)
	}
	near := float64(farthest * (spread + math.Sqrt(m.f.Inertia)))
	if near == 0 {
		near = float64(farthest * box)
	}
	for _, z := range rows {
		if far := engine.Distance(z, m.f.Centroids[0]); !(far <= near+rounding(z)) || math.IsInf(far, 0) {
			return fmt.Errorf("a row within the limits of the training is %.3g from cluster 0, and the clusters are %.3g apart", far, spread)
		}
	}
	return nil
}

// Write writes the model file to w: the bytes that Save puts into a file.
func (m *Model) Write(w io.Writer) error {
	if w == nil {
		return fmt.Errorf("%w: there is nothing to write to; want a writer", ErrOption)
	}
	data, err := json.Marshal(orZero(m)) // a nil pointer would be null
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

// Read reads a model file, of at most 1 MiB. Errors: ErrTruncated, ErrAltered,
// ErrInconsistent, ErrNewer, ErrTooLarge, ErrNotModel, and those of r.
func Read(r io.Reader) (*Model, error) {
	if r == nil {
		return nil, fmt.Errorf("%w: there is nothing to read from; want a reader", ErrNotModel)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxModelFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxModelFile {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, maxModelFile)
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
