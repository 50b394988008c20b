package beam_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/segment"
	segmentbeam "github.com/customer-personality/segmentation/segment/beam"
)

var columns = []string{"income", "spent"}

// files makes a folder with six customers, as CSV and as Parquet.
func files() (folder string, remove func()) {
	folder, err := os.MkdirTemp("", "customers")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "customers.csv"), []byte("id,income,spent\na,20,1\nb,22,3\nc,21,2\nd,80,9\ne,82,11\nf,,10\n"), 0o600)
	}
	if err != nil {
		log.Fatal(err)
	}
	t, err := features.NewTable(time.Time{},
		features.NumberSeries(features.Column{Name: "income"}, []float64{20, 22, 21, 80, 82, 81}),
		features.NumberSeries(features.Column{Name: "spent"}, []float64{1, 3, 2, 9, 11, 10}))
	if err != nil {
		log.Fatal(err)
	}
	f, err := os.Create(filepath.Join(folder, "customers.parquet"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := parquet.Write(context.Background(), f, t, parquet.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	return folder, func() { os.RemoveAll(folder) }
}

// runner returns a Runner of a collection of rows, on a Prism in this process.
func runner(folder string, rows func(beam.Scope) beam.PCollection) *segmentbeam.Runner {
	return &segmentbeam.Runner{Rows: rows, Temp: folder, Submit: segmentbeam.JobServer{Endpoint: segmentbeam.Prism()}.Submit}
}

// extent prints how far the columns reach.
func extent(d segment.Dataset) {
	e, err := d.Extent(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Rows, e.Known, e.Least, e.Greatest)
}

// A model is trained on files that the workers of a runner read; the median stands for an
// income that is missing.
func Example() {
	folder, remove := files()
	defer remove()
	r := runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadCSV(s, folder+"/*.csv", columns, segmentbeam.ReadOptions{})
	})
	data := segmentbeam.Dataset(columns, r, segment.RetryOptions{Limit: time.Minute})
	model, _, err := segment.TrainOn(context.Background(), data, segment.TrainOptions{K: 2, Value: columns})
	if err != nil {
		log.Fatal(err)
	}
	for _, tier := range model.Tiers() {
		fmt.Println(tier.Name, tier.Size)
	}
	// Output:
	// Platinum 2
	// Bronze 4
}

func ExampleDataset() {
	folder, remove := files()
	defer remove()
	r := runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadCSV(s, folder+"/customers.csv", columns, segmentbeam.ReadOptions{})
	})
	extent(segmentbeam.Dataset(columns, r, segment.RetryOptions{Tries: 5, Limit: time.Minute}))
	// Output: 6 [5 6] [20 1] [82 11]
}

// A pass is a job.
func ExampleRunner() {
	folder, remove := files()
	defer remove()
	r := runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadParquet(s, folder+"/*.parquet", columns, segmentbeam.ReadOptions{})
	})
	tally, err := r.Run(context.Background(), &segment.Pass{Columns: columns, Extent: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Rows(), tally.Extent().Greatest)
	// Output: 6 [82 11]
}

func ExampleReadCSV() {
	folder, remove := files()
	defer remove()
	extent(segmentbeam.Dataset([]string{"Spent"}, runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadCSV(s, folder+"/*.csv", []string{"Spent"}, segmentbeam.ReadOptions{})
	}), segment.RetryOptions{}))
	// Output: 6 [6] [1] [11]
}

func ExampleReadParquet() {
	folder, remove := files()
	defer remove()
	extent(segmentbeam.Dataset(columns, runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadParquet(s, folder+"/*.parquet", columns, segmentbeam.ReadOptions{})
	}), segment.RetryOptions{}))
	// Output: 6 [6 6] [20 1] [82 11]
}

// shop emits the rows of a shop.
func shop(number int, emit func(segmentbeam.Block)) {
	emit(segmentbeam.Block{Rows: []float64{float64(20 * number), 1, float64(20*number + 1), 2}})
}

func init() {
	register.Function2x0(shop)
}

// Rows come from any transform that emits blocks: behind BigQuery, say. Here it is two
// shops of two customers.
func ExampleBlock() {
	extent(segmentbeam.Dataset(columns, runner(os.TempDir(), func(s beam.Scope) beam.PCollection {
		return beam.ParDo(s, shop, beam.Create(s, 1, 4))
	}), segment.RetryOptions{}))
	// Output: 4 [4 4] [20 1] [81 2]
}

// trained returns a model of the customers.
func trained() *segment.Model {
	x := mat.NewDense(6, 2, []float64{20, 1, 22, 3, 21, 2, 80, 9, 82, 11, 81, 10})
	model, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: columns, Value: columns, K: 2})
	if err != nil {
		log.Fatal(err)
	}
	return model.Model
}

// printScores prints key, cluster and tier of all customers.
func printScores(folder string) {
	parts, err := filepath.Glob(folder + "/part-*.csv")
	if err != nil {
		log.Fatal(err)
	}
	var lines []string
	for _, part := range parts {
		text, err := os.ReadFile(part)
		if err != nil {
			log.Fatal(err)
		}
		records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range records[1:] {
			lines = append(lines, strings.Join(r[:3], " "))
		}
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
}

// The workers of a runner score customers by a model; one without an income among them,
// for whom the model knows what to take.
func ExampleScore() {
	folder, remove := files()
	defer remove()
	p, s := beam.NewPipelineWithRoot()
	rows := segmentbeam.ReadCSV(s, folder+"/customers.csv", columns, segmentbeam.ReadOptions{Key: "id"})
	scored, err := segmentbeam.Score(s, trained(), rows)
	if err != nil {
		log.Fatal(err)
	}
	segmentbeam.Write(s, folder+"/scores", scored)
	if err := (segmentbeam.JobServer{Endpoint: segmentbeam.Prism()}).Submit(context.Background(), p); err != nil {
		log.Fatal(err)
	}
	printScores(folder + "/scores")
	// Output:
	// a 1 Bronze
	// b 1 Bronze
	// c 1 Bronze
	// d 0 Platinum
	// e 0 Platinum
	// f 0 Platinum
}

// Scores of any pipeline are written as CSV files: key, cluster, tier and distance.
func ExampleWrite() {
	folder, remove := files()
	defer remove()
	p, s := beam.NewPipelineWithRoot()
	segmentbeam.Write(s, folder+"/scores", beam.Create(s, segmentbeam.Scored{Key: "a", Cluster: 1, Tier: "Bronze"}, segmentbeam.Scored{Key: "d", Tier: "Platinum"}))
	if err := (segmentbeam.JobServer{Endpoint: segmentbeam.Prism()}).Submit(context.Background(), p); err != nil {
		log.Fatal(err)
	}
	printScores(folder + "/scores")
	// Output:
	// a 1 Bronze
	// d 0 Platinum
}

// Columns that a spreadsheet has parted by semicolons.
func ExampleReadOptions() {
	folder, remove := files()
	defer remove()
	path := filepath.Join(folder, "export.txt")
	if err := os.WriteFile(path, []byte("income;spent\n20;1\n;3\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	extent(segmentbeam.Dataset(columns, runner(folder, func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadCSV(s, path, columns, segmentbeam.ReadOptions{Comma: ';'})
	}), segment.RetryOptions{}))
	// Output: 2 [1 2] [20 1] [20 3]
}

func ExampleEnvironment() {
	fmt.Println(segmentbeam.Loopback, segmentbeam.Process, segmentbeam.Docker)
	// Output: loopback process docker
}

// What Score emits, as one writes it as JSON.
func ExampleScored() {
	data, err := json.Marshal(segmentbeam.Scored{Key: "a", Cluster: 1, Tier: "Bronze", Distance: 0.5})
	fmt.Println(string(data), err)
	// Output: {"key":"a","cluster":1,"tier":"Bronze","distance":0.5} <nil>
}

// A job server of Flink, whose task managers run this program as their worker.
func ExampleJobServer() {
	server := segmentbeam.JobServer{Endpoint: "localhost:8099", Environment: segmentbeam.Process, Worker: "/opt/segment/worker", Parallelism: 8}
	r := &segmentbeam.Runner{Submit: server.Submit, Temp: "gs://bucket/passes", Rows: func(s beam.Scope) beam.PCollection {
		return segmentbeam.ReadParquet(s, "gs://bucket/customers/*.parquet", columns, segmentbeam.ReadOptions{})
	}}
	_ = segmentbeam.Dataset(columns, r, segment.RetryOptions{})
}

// A program that is its own worker begins so.
func ExampleWork() {
	main := func() {
		segmentbeam.Work()
		beam.Init()
		// submit jobs
	}
	_ = main
}
