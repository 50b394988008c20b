package site

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/store"
)

// postgres gives the URL of a server: that of DATABASE_URL, or of one that
// lives as long as the test. It skips the test where no server is installed,
// unless SEGMENTATION_REQUIRE_SERVICES says that this is a failure.
func postgres(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("DATABASE_URL"); strings.HasPrefix(given, "postgres") {
		return given
	}
	base, _ := ownPostgres(t)
	return base
}

// ownPostgres starts a server that lives as long as the test, and gives its URL
// and what tells it to "kill" itself and to "restart".
func ownPostgres(t *testing.T) (base string, tell func(string)) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "pgserver")
	build := exec.Command("go", "build", "-o", program, "github.com/customer-personality/segmentation/store/internal/pgserver")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	server := exec.Command(program)
	var said bytes.Buffer
	server.Stderr = &said
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		_ = server.Wait()
		if server.ProcessState.ExitCode() == 3 {
			testenv.Missing(t, "%s", said.String())
		}
		t.Fatalf("no server starts: %v: %s", err, said.String())
	}
	t.Cleanup(func() {
		if err := errors.Join(in.Close(), server.Wait()); err != nil {
			t.Error(err)
		}
	})
	return strings.TrimSpace(line), func(what string) {
		t.Helper()
		if _, err := io.WriteString(in, what+"\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("the server does not %s: %v: %s", what, err, said.String())
		}
	}
}

var schemas atomic.Int64

// schemaOf gives the URL of an empty schema of a server, which is dropped after
// the test.
func schemaOf(t testing.TB, base string) string {
	t.Helper()
	s, err := store.Open(context.Background(), base, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("webapp_test_%d_%d", os.Getpid(), schemas.Add(1))
	if _, err := s.DB().Exec("create schema " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := s.DB().Exec("drop schema " + name + " cascade")
		if err := errors.Join(err, s.Close()); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Everything that reads or writes the database works on PostgreSQL as it does
// on the embedded one.
func TestOnPostgreSQL(t *testing.T) {
	base := postgres(t)
	was, wasShared := newDatabase, sharedApp
	newDatabase = func(t testing.TB) string { return schemaOf(t, base) }
	defer func() { newDatabase, sharedApp = was, wasShared }()
	// The tests that share an app share this one.
	sharedApp = start(t, Config{})
	if got := sharedApp.Store.Dialect(); got != "postgres" {
		t.Fatalf("the database is %s", got)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"pages", TestPages}, {"form", TestForm}, {"conversation", TestConversation}, {"chat", TestChat}, {"a full conversation", TestConversationIsBounded},
		{"charts", TestCharts}, {"own charts", TestExplore}, {"upload", TestUpload}, {"an upload broken off", TestUploadBreaksOff}, {"predictions", TestPredictAPI}, {"other API", TestOtherAPI}, {"openapi", TestOpenAPI},
		{"models", TestModels}, {"cancelled training", TestTrainingIsCancelledAndAlone}, {"closing", TestCloseEndsTraining}, {"two apps", TestFollow}, {"swap under load", TestSwapUnderLoad},
		{"forget", TestForget}, {"ids", TestIDs}, {"answers of before", TestAnswersOfBefore}, {"forgotten elsewhere", TestForgottenElsewhere}, {"attacks", TestNastyTexts}, {"audit log", TestAudit}, {"impossible customers", TestImpossibleCustomers},
		{"a model is tried", TestModelIsTriedBeforeItIsActive}, {"start falls back", TestStartFallsBackAndRepairs}, {"translation", TestTranslation},
		{"forgetting the last", TestForgetTheLast}, {"no sample in their place", TestNoSampleInTheirPlace}, {"expiry", TestExpire}, {"cleaning after a kill", TestScrubAfterKill}, {"forgetting in a training", TestForgetWhileTraining}, {"signed models", TestSignedModels}, {"comparison", TestCompare}, {"schedule", TestSchedule}, {"schedule of two apps", TestScheduleOfTwo},
		{"roles", TestEveryRouteWithEveryRole}, {"operations by role", TestOperationsByRole}, {"private", TestPrivate}, {"tokens", TestTokenAPI}, {"signing in", TestSignInLeadsBack},
		{"segments", TestSegmentCounts}, {"names of segments", TestSegmentNames}, {"campaign lists", TestCampaignList}, {"forgotten in lists", TestForgottenInLists},
	} {
		t.Run(test.name, test.run)
	}
	// Nothing of it went into another schema.
	var others int
	if err := sharedApp.Store.DB().Get(&others, `select count(*) from pg_tables where tablename like 'webapp%' and schemaname not like 'webapp_test_%'`); err != nil {
		t.Fatal(err)
	}
	if others != 0 && os.Getenv("DATABASE_URL") == "" {
		t.Errorf("%d tables were made outside of the schemas of the tests", others)
	}
	if errs := strings.Count(sharedApp.log.String(), "level=ERROR"); errs > 0 {
		_, _ = io.WriteString(os.Stderr, sharedApp.log.String())
		t.Errorf("the app logs %d errors", errs)
	}
}
