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
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site"
	"github.com/customer-personality/segmentation/internal/web"
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
		return healthcheck(ctx, cfg)
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

	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return err
	}
	scheme := "http"
	server := bounded(app.Handler())
	server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	if cfg.Cert != "" {
		scheme = "https"
		certificate, err := web.LoadCertificate(cfg.Cert, cfg.Key, log)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		server.TLSConfig = &tls.Config{GetCertificate: certificate.Get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	failed := make(chan error, 3)
	go func() { failed <- server.Serve(listener) }()
	if cfg.Pprof != "" {
		go func() { failed <- profiles(cfg).ListenAndServe() }()
	}
	for _, warning := range cfg.Warnings() {
		log.Warn(warning)
	}
	log.Info("listening", "address", scheme+"://"+listener.Addr().String(), "version", cfg.Version)

	// Requests wait for the model, but checks of health are answered already.
	prepared := make(chan error, 1)
	preparing, stopPreparing := context.WithCancel(ctx)
	defer stopPreparing()
	go func() { prepared <- app.Prepare(preparing) }()
	for running := true; running; {
		select {
		case err := <-prepared:
			if err != nil && ctx.Err() == nil {
				return errors.Join(err, server.Close())
			}
			prepared = nil
			if err == nil {
				log.Info("ready", "address", scheme+"://"+listener.Addr().String())
			}
		case err := <-failed:
			return errors.Join(err, server.Close())
		case <-ctx.Done():
			running = false
		}
	}
	log.Info("ending: running requests are finished, work in the background is taken back")
	if prepared != nil {
		<-prepared
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Shutdown)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return errors.Join(fmt.Errorf("some requests were not finished in %s: %w", cfg.Shutdown, err), server.Close())
	}
	return nil
}

// bounded is a server that no client can hold for long; uploads, which take
// their time, ask for more.
func bounded(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// profiles serves the profiles of package pprof.
func profiles(cfg site.Config) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Addr: cfg.Pprof, Handler: cfg.Guard(mux), ReadHeaderTimeout: 5 * time.Second}
}

// healthcheck asks a running app whether it is well.
func healthcheck(ctx context.Context, cfg site.Config) error {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	client := &http.Client{Timeout: 2 * time.Second}
	if cfg.Cert != "" {
		scheme = "https"
		// It asks itself, by an address that is not in its certificate.
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // #nosec G402
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the app answers %s", response.Status)
	}
	return nil
}
