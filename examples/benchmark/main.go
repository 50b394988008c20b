// Command benchmark runs k-means of this library, of scikit-learn with and
// without Intel's extension and of faiss in turn on the same machine and the same
// data, compares the inertia reached, and prints a table of the ratios in Markdown.
//
//	go -C examples/benchmark run . [-quick] [-json] [-cases ABD] [-pictures DIR] [-campaign FILE] [-python FILE]
//
// Each is run with two threads and with one, of which the better counts, in
// several rounds in turn. The ratio of the least times is what the program can
// do; that of the medians is what it did on this machine at this time. Variables
// that set the threads of a library are not handed to the peers.
//
// The peers are those of requirements.txt, from PyPI; the first run makes a virtual
// environment of them in the user's folder for caches, for which it needs python3
// with its module venv. -python names a Python that has them instead, all or at
// least pandas and scikit-learn. -quick takes fewer rounds and rows, and half an hour,
// of which case C and case R take most; without it, allow some hours, and 2.4 GB in
// the folder for temporary files for case L. The exit status does not tell whether
// the ratios are reached that have to be: the column "holds" does.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

// line is one comparison: the least and the median of the seconds of each, and
// the ratios of theirs to ours.
type line struct {
	Case        string  `json:"case"`
	Ours        float64 `json:"ours_s"` // median
	OursLeast   float64 `json:"ours_min_s"`
	Peer        string  `json:"peer"`
	Theirs      float64 `json:"peer_s"` // median
	TheirsLeast float64 `json:"peer_min_s"`
	Ratio       float64 `json:"ratio"` // of medians
	LeastRatio  float64 `json:"min_ratio"`

	// ProcessorRatio is that of the least times of the processors, which tell more
	// on a busy machine; 0 where not known.
	ProcessorRatio float64 `json:"processor_ratio,omitempty"`

	// Excess is that of our inertia over the peer's of the same round, relative:
	// the median over the rounds, and of these the worst over k.
	Excess float64 `json:"inertia_excess"`

	// Must is the ratio of least times that there has to be, where one is set, and
	// Holds whether it is reached at the same inertia.
	Must  float64 `json:"must,omitempty"`
	Holds *bool   `json:"holds,omitempty"`

	// FellBack says that Intel's extension gave the job to scikit-learn itself.
	FellBack bool `json:"fell_back,omitempty"`

	// Memory is the most memory used, in bytes, where a whole program ran.
	Memory     int64 `json:"ours_bytes,omitempty"`
	PeerMemory int64 `json:"peer_bytes,omitempty"`

	// Stages are the parts of ours, by their least times, where a whole program ran.
	Stages []stage `json:"stages,omitempty"`

	text string
}

// timing is the least and the median of several times, and the least of the
// processors, 0 where not known; in seconds.
type timing struct{ least, median, processor float64 }

func timingOf(times []float64) timing { return timing{least: slices.Min(times), median: median(times)} }

// compare fills in the times and the ratios.
func (l *line) compare(ours, theirs timing) {
	l.Ours, l.OursLeast = ours.median, ours.least
	l.Theirs, l.TheirsLeast = theirs.median, theirs.least
	l.Ratio, l.LeastRatio = theirs.median/ours.median, theirs.least/ours.least
	if ours.processor > 0 {
		l.ProcessorRatio = theirs.processor / ours.processor
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == "stream" { // started by larger
		return stream(ctx, args[1], args[2], os.Stdout)
	}
	if len(args) == 3 && args[0] == "stages" { // started by wholeProgram
		return stages(ctx, args[1], args[2], os.Stdout)
	}
	if len(args) == 3 && args[0] == "table" { // started by tables
		return tableJob(ctx, args[1], args[2], os.Stdout)
	}
	flags := flag.NewFlagSet("benchmark", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "fewer rounds and smaller data; under five minutes")
	asJSON := flags.Bool("json", false, "print JSON")
	only := flags.String("cases", "ABCDEFGHUIOYRSWLT", "`letters` of the cases to run; R is a grid of shapes and sizes, S time against rows, W the whole program, T reading tables, L a file of 2.4 GB, left out with -quick")
	pictures := flags.String("pictures", "", "`folder` for ratios.png and rows.png")
	campaign := flags.String("campaign", "../../testdata/customers.csv", "campaign `file` for case W")
	python := flags.String("python", "", "`Python` that has the peers (default that of a virtual environment in the folder for caches, made by python3 from requirements.txt)")
	best := flags.Bool("quality", false, "compare the inertia of default fits with that of ten restarts of scikit-learn, instead of times")
	only2 := flags.String("shapes", "", "`names` of the shapes of rows for case R and -quality, separated by commas (default all)")
	kept := flags.String("references", "", "`file` that keeps what scikit-learn answers for -quality")
	if err := flags.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	progress := func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }

	if *python == "" {
		var err error
		if *python, err = peerPython(ctx, progress); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if *best {
		return runQuality(ctx, folder, *python, *only2, *kept, *quick, progress)
	}
	whole, err := processes(ctx, folder, *python, *campaign, *only, *quick, progress)
	if err != nil {
		return err
	}
	p, err := startPeers(ctx, folder, *python)
	if err != nil {
		return err
	}
	defer p.stop()
	lines := []line{} // JSON has a list, also of none
	for _, c := range cases(*quick) {
		if !strings.Contains(*only, c.name[:1]) {
			continue
		}
		progress("%s: %s", c.name, c.text)
		got, err := c.run(ctx, p)
		if err != nil {
			return fmt.Errorf("case %s: %w", c.name, err)
		}
		lines = append(lines, got...)
	}
	var points []gridPoint
	if strings.Contains(*only, "R") {
		if points, err = grid(ctx, p, *only2, *quick, progress); err != nil {
			return err
		}
	}
	var curve []series
	if strings.Contains(*only, "S") {
		progress("S: time against rows")
		if curve, err = growth(ctx, p, *quick); err != nil {
			return err
		}
	}
	lines = append(lines, whole...)
	if *pictures != "" {
		if err := draw(*pictures, lines, curve); err != nil {
			return err
		}
	}
	return report(lines, points, p.versions, *asJSON)
}

// processes runs the cases in which whole programs are timed.
func processes(ctx context.Context, folder, python, campaign, only string, quick bool, progress func(format string, a ...any)) (lines []line, err error) {
	if strings.Contains(only, "W") {
		progress("W: the whole program")
		rounds := 9
		if quick {
			rounds = 5
		}
		l, err := wholeProgram(ctx, folder, python, campaign, rounds)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l...)
	}
	if strings.Contains(only, "L") && !quick {
		l, err := larger(ctx, folder, python, progress)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l...)
	}
	if strings.Contains(only, "T") {
		l, err := tables(ctx, folder, python, campaign, quick, progress)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l...)
	}
	return lines, nil
}

// report prints the cases as JSON or as a table of Markdown.
func report(lines []line, points []gridPoint, versions string, asJSON bool) error {
	for i := range lines {
		lines[i].judge()
	}
	if asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		return e.Encode(struct {
			Machine string      `json:"machine"`
			Date    time.Time   `json:"date"`
			Peers   string      `json:"peers"`
			Cases   []line      `json:"cases"`
			Grid    []gridPoint `json:"grid,omitempty"`
		}{machine(), time.Now().UTC().Truncate(time.Second), versions, lines, points})
	}
	fmt.Printf("%s; %s; %s\n\n", machine(), versions, time.Now().Format(time.DateOnly))
	fmt.Println("| case | what | ours: least | median | peer | theirs: least | median | ratio of the least | of the medians | of processor time | inertia excess | must | holds |")
	fmt.Println("| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
	for _, l := range lines {
		must, holds, processor, peer := "", "", "", l.Peer
		if l.Holds != nil {
			must, holds = fmt.Sprintf("%g×", l.Must), map[bool]string{true: "yes", false: "no"}[*l.Holds]
		}
		if l.ProcessorRatio > 0 {
			processor = fmt.Sprintf("%.1f×", l.ProcessorRatio)
		}
		if l.FellBack {
			peer += ", which leaves it to scikit-learn"
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %s | %.1f× | %.1f× | %s | %+.0e | %s | %s |\n", l.Case, l.text, seconds(l.OursLeast), seconds(l.Ours),
			peer, seconds(l.TheirsLeast), seconds(l.Theirs), l.LeastRatio, l.Ratio, processor, l.Excess, must, holds)
	}
	if len(points) > 0 {
		reportGrid(points)
	}
	return nil
}

func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.0f µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.1f ms", s*1e3)
	}
	return fmt.Sprintf("%.2f s", s)
}

// machine names processor, number of cores and Go version.
func machine() string {
	name := runtime.GOARCH
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for l := range strings.Lines(string(data)) {
			if key, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s %s", name, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
