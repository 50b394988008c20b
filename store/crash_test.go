package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// What is interrupted in the crash tests. Each writes the n-th generation of
// its table.
var crashOps = []string{"ingest", "unencoded", "encoded", "merged", "model"}

func crashOp(ctx context.Context, s *Store, op string, n, rows int, m *segment.Model) error {
	customers, table, encoded, p := generation(n, rows)
	switch op {
	case "ingest":
		var file bytes.Buffer
		w := features.NewWriter(&file)
		for i := range customers {
			if err := w.Write(&customers[i]); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		_, err := s.Ingest(ctx, bytes.NewReader(file.Bytes()), IngestOptions{})
		return err
	case "unencoded":
		return s.SaveResults(ctx, &Results{Table: table})
	case "encoded":
		return s.SaveResults(ctx, &Results{Encoded: encoded})
	case "merged":
		return s.SaveResults(ctx, &Results{Table: table, Predictions: p})
	case "results":
		_, err := s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true, Note: fmt.Sprint(n), Results: &Results{Table: table, Encoded: encoded, Predictions: p}})
		return err
	}
	_, err := s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true})
	return err
}

// intact checks every table and every model, and returns the generation of each
// table and the number of models.
func intact(t *testing.T, s *Store, m *segment.Model) map[string]int {
	t.Helper()
	ctx := context.Background()
	tables := s.Tables()
	got := map[string]int{}
	for op, name := range map[string]string{"ingest": tables.Customers, "unencoded": tables.Unencoded, "encoded": tables.Encoded, "merged": tables.Merged} {
		n, err := whole(ctx, s, name)
		check(t, err)
		got[op] = n
	}
	list, err := s.ListModels(ctx)
	check(t, err)
	for i, info := range list {
		if info.Version != Version(i+1) || info.Active != (i == len(list)-1) {
			t.Fatalf("model %d of %d is %+v", i, len(list), info)
		}
	}
	if got["model"] = len(list); len(list) > 0 {
		back, _, err := s.LoadModel(ctx, "shop", Active)
		check(t, err)
		if !bytes.Equal(file(t, back), file(t, m)) {
			t.Fatal("the active model is another one than was saved")
		}
	}
	return got
}

// kills returns the number of random moments that a crash test tries.
func kills() int {
	if testing.Short() {
		return 10
	}
	return 55
}

const crashRows = 300

// runChild is the program that the SQLite crash test kills: it writes one
// generation after the other until then.
func runChild(what string) int {
	op, url, _ := strings.Cut(what, " ")
	if op == "try" {
		return try(url)
	}
	s, err := Open(context.Background(), url, Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	m, _, err := s.LoadModel(context.Background(), "shop", 1)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	for n := 1; ; n++ {
		if err := crashOp(context.Background(), s, op, n, crashRows, m); err != nil {
			fmt.Println(err)
			return 1
		}
	}
}

func TestSQLiteSurvivesAKilledProgram(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	file := filepath.Join(t.TempDir(), "crash.db")
	url := "sqlite:" + file
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	ctx := context.Background()
	first := open(t, url, Options{Migrate: true})
	for _, op := range crashOps {
		check(t, crashOp(ctx, first, op, 0, crashRows, m))
	}
	check(t, first.Close())
	rng := rand.New(rand.NewPCG(1, 2))
	moved := map[string]int{}
	before := map[string]int{"model": 1}
	for i := range kills() {
		op := crashOps[i%len(crashOps)]
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "STORE_TEST_CHILD="+op+" "+url)
		out, err := child.StdoutPipe()
		check(t, err)
		check(t, child.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "ready\n" {
			child.Process.Kill()
			t.Fatalf("kill %d: the child says %q, %v", i, line, err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(60 * time.Millisecond))))
		check(t, child.Process.Kill())
		child.Wait()

		s, err := Open(ctx, url, Options{})
		check(t, err)
		after := intact(t, s, m)
		if after[op] != before[op] {
			moved[op]++
		}
		for other, n := range after {
			// The merged table is written with the unencoded one, in one transaction.
			together := op == "merged" && other == "unencoded" && n == after[op]
			if other != op && n != before[other] && !together {
				t.Fatalf("kill %d, of %s: %s went from %d to %d", i, op, other, before[other], n)
			}
		}
		check(t, crashOp(ctx, s, op, 1000+i, crashRows/3, m))
		before = intact(t, s, m)
		check(t, s.Close())
	}
	t.Logf("%d kills; something had been committed before the kill: %v", kills(), moved)
}

// together fails where the tables are not those that were saved with the active
// model, and returns the number of models.
func together(t *testing.T, s *Store) int {
	t.Helper()
	ctx := context.Background()
	_, info, err := s.LoadModel(ctx, "shop", Active)
	check(t, err)
	tables := s.Tables()
	for _, name := range []string{tables.Unencoded, tables.Encoded, tables.Merged} {
		n, err := whole(ctx, s, name)
		check(t, err)
		if fmt.Sprint(n) != info.Note {
			t.Errorf("%s is of generation %d, and the active model, version %d, of %s", name, n, info.Version, info.Note)
		}
	}
	return int(info.Version)
}

// Model, tables and activation are one commit, whenever the program is killed.
func TestModelAndTablesAreOneCommit(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "crash.db")
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	ctx := context.Background()
	s := open(t, url, Options{Migrate: true})
	check(t, crashOp(ctx, s, "results", 0, crashRows, m))
	start := time.Now()
	check(t, crashOp(ctx, s, "results", 0, crashRows, m))
	window := 5 * time.Since(start) // a few commits, however busy the machine
	rng := rand.New(rand.NewPCG(5, 6))
	moved, last := 0, 2
	for i := range 15 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "STORE_TEST_CHILD=results "+url)
		out, err := child.StdoutPipe()
		check(t, err)
		check(t, child.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "ready\n" {
			child.Process.Kill()
			t.Fatalf("kill %d: the child says %q, %v", i, line, err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(window))))
		check(t, child.Process.Kill())
		child.Wait()
		if v := together(t, s); v != last {
			moved, last = moved+1, v
		}
	}
	if moved == 0 {
		t.Error("nothing was ever committed before the kill")
	}
}

func TestPostgresModelAndTablesAreOneCommit(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	server := ownServer(t, pgtest.Options{Sync: true})
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	ctx := context.Background()
	s := open(t, server.URL("postgres"), Options{Migrate: true, RetryFor: -1})
	check(t, crashOp(ctx, s, "results", 0, crashRows, m))
	rng := rand.New(rand.NewPCG(7, 8))
	for range 8 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := 1; crashOp(ctx, s, "results", n, crashRows, m) == nil; n++ {
			}
		}()
		time.Sleep(time.Duration(rng.Int64N(int64(120 * time.Millisecond))))
		server.Kill()
		<-done
		check(t, server.Restart())
		together(t, s)
	}
}

func TestPostgresSurvivesAKilledServer(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	server := ownServer(t, pgtest.Options{Sync: true})
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	ctx := context.Background()
	s := open(t, server.URL("postgres"), Options{Migrate: true, RetryFor: -1})
	for _, op := range crashOps {
		check(t, crashOp(ctx, s, op, 0, crashRows, m))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	moved, failed := map[string]int{}, map[error]int{}
	before := intact(t, s, m)
	for i := range kills() {
		op := crashOps[i%len(crashOps)]
		result := make(chan error)
		go func() {
			for n := 1; ; n++ {
				if err := crashOp(ctx, s, op, n, crashRows, m); err != nil {
					result <- err
					return
				}
			}
		}()
		time.Sleep(time.Duration(rng.Int64N(int64(60 * time.Millisecond))))
		server.Kill()
		err := <-result
		switch {
		case errors.Is(err, ErrUnknownOutcome):
			failed[ErrUnknownOutcome]++
		case errors.Is(err, ErrUnreachable):
			failed[ErrUnreachable]++
		default:
			t.Fatalf("kill %d, of %s: the error is %v; want ErrUnreachable or ErrUnknownOutcome", i, op, err)
		}
		check(t, server.Restart())

		after := intact(t, s, m)
		if after[op] != before[op] {
			moved[op]++
		}
		for other, n := range after {
			// The merged table is written with the unencoded one, in one transaction.
			together := op == "merged" && other == "unencoded" && n == after[op]
			if other != op && n != before[other] && !together {
				t.Fatalf("kill %d, of %s: %s went from %d to %d", i, op, other, before[other], n)
			}
		}
		check(t, crashOp(ctx, s, op, 1000+i, crashRows/3, m))
		before = intact(t, s, m)
	}
	t.Logf("%d kills; something had been committed before the kill: %v; errors: %v", kills(), moved, failed)
}

// What may be repeated is, while the server is away; what may not is not.
func TestLostConnections(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	server := ownServer(t, pgtest.Options{Sync: true})
	ctx := context.Background()
	s := open(t, server.URL("postgres"), Options{Migrate: true, RetryFor: 20 * time.Second})
	// outage runs do, and kills the server for a while once do has begun.
	outage := func(do func(begun func()) error) error {
		t.Helper()
		var once sync.Once
		var back sync.WaitGroup
		back.Add(1)
		err := do(func() {
			once.Do(func() {
				server.Kill()
				go func() {
					defer back.Done()
					time.Sleep(100 * time.Millisecond)
					if err := server.Restart(); err != nil {
						t.Error(err)
					}
				}()
			})
		})
		back.Wait()
		return err
	}
	ingestFile(t, s, samplePath)
	_, table, encoded, p := generation(1, 300)

	// Dead connections in the pool, before anything has begun.
	for name, do := range map[string]func() error{
		"read":      func() error { _, err := s.ReadCustomers(ctx); return err },
		"fetch":     func() error { _, err := fetch(ctx, s, "customers"); return err },
		"list":      func() error { _, err := s.ListModels(ctx); return err },
		"unencoded": func() error { return s.SaveResults(ctx, &Results{Table: table}) },
		"encoded":   func() error { return s.SaveResults(ctx, &Results{Encoded: encoded}) },
		"merged":    func() error { return s.SaveResults(ctx, &Results{Table: table, Predictions: p}) },
		"upload":    func() error { return upload(ctx, s, "frame", frame()) },
		"append": func() error {
			c := odd()[0]
			c.ID = "one more"
			_, err := s.Append(ctx, All([]features.Customer{c}))
			return err
		},
	} {
		if err := outage(func(begun func()) error { begun(); return do() }); err != nil {
			t.Errorf("%s: an outage before the first statement made the error %v", name, err)
		}
	}
	if n, err := s.Count(ctx, "customers"); n != 2001 || err != nil {
		t.Errorf("%d customers, %v; want 2001", n, err)
	}

	// In the middle. A file can be read again, a sequence cannot.
	f, err := os.Open(samplePath)
	check(t, err)
	defer f.Close()
	err = outage(func(begun func()) error {
		report, err := s.Ingest(ctx, &nudge{f, begun}, IngestOptions{})
		if err == nil && report.Rows != 2000 {
			t.Errorf("the report counts %d rows; want 2000", report.Rows)
		}
		return err
	})
	if err != nil {
		t.Errorf("ingesting a file through an outage: %v", err)
	}
	got, err := s.ReadCustomers(ctx)
	check(t, err)
	sameCustomers(t, got, sampleCustomers(t))

	customers, _, _, _ := generation(1, 5000)
	for i := range customers {
		customers[i].ID += " more"
	}
	err = outage(func(begun func()) error {
		_, err := s.Append(ctx, func(yield func(features.Customer, error) bool) {
			for i, c := range customers {
				if i == 1000 {
					begun()
				}
				if !yield(c, nil) {
					return
				}
			}
		})
		return err
	})
	wantError(t, err, ErrUnreachable, "appending customers")
	got, err = s.ReadCustomers(ctx)
	check(t, err)
	sameCustomers(t, got, sampleCustomers(t))
}

// nudge is a file that signals when it is first read.
type nudge struct {
	*os.File
	read func()
}

func (n *nudge) Read(b []byte) (int, error) {
	n.read()
	return n.File.Read(b)
}
