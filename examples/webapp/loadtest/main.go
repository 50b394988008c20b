// Loadtest asks a running web app on this machine for predictions and the
// charts page, over many connections at once, and tells how long the answers
// took. In the middle it changes the model once and trains another.
//
//	go run ./examples/webapp &
//	go run ./examples/webapp/loadtest -c 64 -d 30s
//
// -only-predict leaves out the charts and the models, to compare with the
// reference server beside this file:
//
//	python3 examples/webapp/loadtest/reference.py testdata/customers.csv 8091 &
//	go run ./examples/webapp/loadtest -url http://127.0.0.1:8091 -only-predict
package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/customer-personality/segmentation/internal/loadtest"
	"github.com/customer-personality/segmentation/internal/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	base := flags.String("url", "http://127.0.0.1:8080", "address of the app, on this machine")
	connections := flags.Int("c", 64, "connections, at most 256")
	length := flags.Duration("d", 30*time.Second, "how long, at most five minutes")
	most := flags.Int("n", 0, "end after about so many predictions; 0 for no limit")
	only := flags.Bool("only-predict", false, "predictions alone")
	token := flags.String("token", "", "token of an admin, where the app has accounts")
	if err := program.Parse(flags, args, stderr); err != nil {
		return err
	}
	u, err := url.Parse(*base)
	if err != nil {
		return program.Usagef("-url: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return program.Usagef("-url is %s; only a loopback address such as http://127.0.0.1:8080 is loaded", *base)
	}
	if *connections < 1 || *connections > 256 || *length <= 0 || *length > 5*time.Minute {
		return program.Usagef("-c is 1 to 256, -d up to 5m")
	}
	return loadtest.Run(ctx, loadtest.Options{URL: *base, Connections: *connections, Length: *length, Most: *most, PredictOnly: *only, Token: *token}, stdout)
}
