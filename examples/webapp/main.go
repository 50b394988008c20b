// Webapp is the web app of four pages: a form that predicts the tier of a
// customer, the result as a conversation, charts of what the tiers are, and
// charts and conversations of one's own; with a JSON API and a page for models.
//
//	go run ./examples/webapp       # http://127.0.0.1:8080
//
// Without flags it keeps its data in out/segmentation.db, and reads the bundled
// sample and trains a model on it when it starts for the first time. -help
// lists the flags and their variables of the environment.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/store"
)

// version is set when a release is built.
var version = "dev"

func main() { program.Main(run) }

func run(ctx context.Context, args []string, _, stderr io.Writer) error {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	read := site.Flags(flags, os.Getenv)
	if err := program.Parse(flags, args, stderr); err != nil {
		return err
	}
	cfg, err := read()
	if err != nil {
		return program.Usagef("%w", err)
	}
	cfg.Version = version
	if cfg.Healthcheck {
		return cfg.Server(nil).CheckHealth(ctx, "/healthz")
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	var handler slog.Handler = slog.NewTextHandler(stderr, nil)
	if cfg.JSONLog {
		handler = slog.NewJSONHandler(stderr, nil)
	}
	err = serve(ctx, cfg, slog.New(handler))
	if errors.Is(err, context.Canceled) {
		return nil // it was asked to end
	}
	return err
}

// serve runs the app until the context ends.
func serve(ctx context.Context, cfg site.Config, log *slog.Logger) (err error) {
	if file, ok := strings.CutPrefix(cfg.DB, "sqlite:"); ok && !strings.HasPrefix(file, ":") {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, cfg.DB, store.Options{Migrate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	app, err := site.New(ctx, cfg, db, frontEnd(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if cfg.Accounts.SetAdmin {
		return nil // it is done
	}
	for _, warning := range cfg.Warnings() {
		log.Warn(warning)
	}
	return cfg.Server(log).Run(ctx, app.Handler(), app.Prepare)
}
