// Package deploy tests what leads the traffic from one version of the web app
// to the next, with a real nginx and real programs; in the place of Docker
// stands a script that starts programs instead of containers.
package deploy

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// docker understands what switch.sh asks of Docker. An image is a program in
// $IMAGES that is started with -addr; a container is a folder in $CONTAINERS.
const docker = `#!/bin/bash
set -eu
command=$1
shift
case $command in
pull) [[ -x $IMAGES/${*: -1} ]] ;;
run)
	while [[ $1 == --* ]]; do
		case $1 in
		--name) name=$2; shift ;;
		--publish) address=${2%:8080}; shift ;;
		--detach | --read-only) ;;
		*) shift ;;
		esac
		shift
	done
	box=$CONTAINERS/$name
	mkdir "$box"
	echo "$1" >"$box/image"
	setsid "$IMAGES/$1" -addr "$address" -db "sqlite:$box/app.db" >"$box/log" 2>&1 </dev/null 9>&- &
	echo $! >"$box/pid"
	;;
inspect)
	box=$CONTAINERS/$3
	[[ -d $box ]]
	case $2 in
	*Running*) if kill -0 "$(cat "$box/pid")" 2>/dev/null; then echo true; else echo false; fi ;;
	*Image*) cat "$box/image" ;;
	esac
	;;
logs) cat "$CONTAINERS/${*: -1}/log" ;;
rm)
	box=$CONTAINERS/$2
	[[ -d $box ]]
	kill "$(cat "$box/pid")" 2>/dev/null || true
	rm -rf "$box"
	;;
*) exit 1 ;;
esac
`

// site is nginx in front of whatever switch.sh leads it to.
type site struct {
	t       *testing.T
	dir     string
	address string
	env     []string
}

func needed(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		testenv.Missing(t, "%s is not installed", program)
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func newSite(t *testing.T) *site {
	nginx := needed(t, "nginx")
	for _, program := range []string{"bash", "curl", "flock", "setsid"} {
		needed(t, program)
	}
	s := &site{t: t, dir: t.TempDir()}
	front := freePort(t)
	s.address = fmt.Sprintf("http://127.0.0.1:%d", front)
	for _, name := range []string{"images", "containers", "state"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write("docker", docker, 0o755)
	upstream := s.write("upstream.conf", fmt.Sprintf("server 127.0.0.1:%d;\n", freePort(t)), 0o644)
	conf, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	change := strings.NewReplacer(
		"/etc/segmentation/upstream.conf", upstream,
		"listen 80;", fmt.Sprintf("listen 127.0.0.1:%d;", front),
	)
	main := s.write("nginx.conf", fmt.Sprintf(`
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
worker_processes 2;
events {}
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
%[2]s
}
`, s.dir, change.Replace(string(conf))), 0o644)
	run := nginx + " -p " + s.dir + " -c " + main + " -e " + s.dir + "/error.log"
	s.env = append(os.Environ(),
		"SETTINGS=", "STATE="+s.dir+"/state", "UPSTREAM="+upstream, "DOCKER="+s.dir+"/docker", "FRONT="+s.address,
		"IMAGES="+s.dir+"/images", "CONTAINERS="+s.dir+"/containers",
		"RELOAD="+run+" -s reload", "CHECK="+run+" -t -q", "ENV_FILE=/dev/null",
		fmt.Sprintf("BLUE_PORT=%d", freePort(t)), fmt.Sprintf("GREEN_PORT=%d", freePort(t)),
		"READY_SECONDS=60", "WATCH_SECONDS=3")
	if out, err := exec.Command("bash", "-c", run).CombinedOutput(); err != nil {
		t.Fatalf("nginx does not start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		exec.Command("bash", "-c", run+" -s stop").Run()
		if said, err := os.ReadFile(filepath.Join(s.dir, "error.log")); err == nil && t.Failed() {
			t.Logf("nginx says:\n%s", said)
		}
		for _, slot := range []string{"blue", "green"} {
			c := exec.Command(s.dir+"/docker", "rm", "--force", "segmentation-"+slot)
			c.Env = s.env
			c.Run()
		}
		time.Sleep(300 * time.Millisecond) // the programs write their last files
	})
	return s
}

func (s *site) write(name, text string, mode os.FileMode) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// build makes an image: a program of the given package and version.
func (s *site) build(image, version, pkg string) {
	s.t.Helper()
	c := exec.Command("go", "build", "-ldflags", "-X main.version="+version, "-o", filepath.Join(s.dir, "images", image), pkg)
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// run runs switch.sh and says whether it succeeded.
func (s *site) run(args ...string) (out string, ok bool) {
	s.t.Helper()
	c := exec.Command("bash", append([]string{"switch.sh"}, args...)...)
	c.Env = s.env
	text, err := c.CombinedOutput()
	s.t.Logf("switch.sh %s:\n%s", strings.Join(args, " "), text)
	return string(text), err == nil
}

// load asks the site for a prediction over and over, until stopped, and gives
// the number of requests and the failures.
func (s *site) load() (stop func() (n int64, failures []string)) {
	var (
		wg       sync.WaitGroup
		n        atomic.Int64
		mu       sync.Mutex
		failures []string
		done     = make(chan struct{})
	)
	client := &http.Client{Timeout: 10 * time.Second}
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				err := predict(client, s.address)
				n.Add(1)
				if err != nil {
					mu.Lock()
					failures = append(failures, err.Error())
					mu.Unlock()
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	return func() (int64, []string) {
		close(done)
		wg.Wait()
		return n.Load(), failures
	}
}

func predict(client *http.Client, address string) error {
	req, err := http.NewRequest(http.MethodPost, address+"/api/v1/predict",
		strings.NewReader(`{"income":52000,"age":45,"spent":400,"tenure":18,"children":1}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	// A reload of nginx closes idle connections, also one on which a request is
	// just on its way. A browser sends that again; Go's client does so for a
	// POST that says it may be repeated.
	req.Header.Set("Idempotency-Key", "a prediction changes nothing")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"tier"`)) {
		return fmt.Errorf("%s: %s", resp.Status, body)
	}
	return nil
}

// TestSwitch leads the traffic from one version to the next and back, and past
// versions that are broken in different ways, with requests all the while.
func TestSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	s := newSite(t)
	s.build("v1", "v1", "github.com/customer-personality/segmentation/examples/webapp")
	s.build("v2", "v2", "github.com/customer-personality/segmentation/examples/webapp")
	s.write("images/crashes", "#!/bin/sh\necho no such table\nexit 1\n", 0o755)
	s.write("images/hangs", "#!/bin/sh\nexec sleep 600\n", 0o755)
	s.build("wrong", "wrong", "./testdata/wrong")
	s.build("dies", "dies", "./testdata/dies")

	if out, ok := s.run("--back"); ok || !strings.Contains(out, "nothing has been switched yet") {
		t.Error("it goes back to what never was")
	}
	if _, ok := s.run("v1"); !ok {
		t.Fatal("the first version does not come up")
	}
	serves := func(image string) {
		t.Helper()
		out, _ := s.run("--status")
		for line := range strings.Lines(out) {
			if strings.Contains(line, "← traffic") && strings.Contains(line, ": "+image) {
				return
			}
		}
		t.Errorf("%s does not have the traffic:\n%s", image, out)
	}
	serves("v1")

	stop := s.load()
	if _, ok := s.run("v2"); !ok {
		t.Error("a good version is refused")
	}
	serves("v2")
	s.env = append(s.env, "READY_SECONDS=4")
	for _, broken := range []struct{ image, says string }{
		{"none", "cannot pull"},
		{"crashes", "no such table"},
		{"hangs", "did not become ready"},
		{"wrong", "does not answer as it should"},
	} {
		if out, ok := s.run(broken.image); ok || !strings.Contains(out, broken.says) {
			t.Errorf("%s: it succeeds, or does not say %q", broken.image, broken.says)
		}
		serves("v2")
	}
	// The failed ones took the slot of v1, so there is nothing to go back to
	// until another version has come.
	s.env = append(s.env, "READY_SECONDS=60")
	if _, ok := s.run("v1"); !ok {
		t.Error("the first version does not come again")
	}
	serves("v1")
	if _, ok := s.run("--back"); !ok {
		t.Error("it does not go back")
	}
	serves("v2")
	n, failures := stop()
	t.Logf("%d requests, %d failed", n, len(failures))
	if n < 100 || len(failures) > 0 {
		t.Errorf("%d of %d requests failed: %q", len(failures), n, failures)
	}

	// A version that passes every check and dies with traffic on costs some
	// requests, and gives way by itself.
	if out, ok := s.run("dies"); ok || !strings.Contains(out, "the old version is back") {
		t.Error("a version that dies under traffic stays")
	}
	serves("v2")
	// nginx reads its file a moment after it is told to.
	var err error
	for range 30 {
		if err = predict(http.DefaultClient, s.address); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error(err)
}
