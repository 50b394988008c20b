package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// A Server answers requests at an address.
type Server struct {
	Hosts     Hosts         // with the address to listen on
	Cert, Key string        // files, for TLS; "" for none
	Profiles  string        // a further address for the profiles of package pprof; "" for none
	Shutdown  time.Duration // how long running requests may take when it ends
	Version   string        // for the log
	Log       *slog.Logger
}

// Run answers requests until ctx ends, and lets those be finished that run then.
// Prepare runs meanwhile, and its error ends the server.
func (s Server) Run(ctx context.Context, handler http.Handler, prepare func(context.Context) error) error {
	listener, err := net.Listen("tcp", s.Hosts.Addr)
	if err != nil {
		return err
	}
	server := bounded(handler)
	server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)
	if s.Cert != "" {
		certificate, err := LoadCertificate(s.Cert, s.Key, s.Log)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		server.TLSConfig = &tls.Config{GetCertificate: certificate.Get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	failed := make(chan error, 3)
	go func() { failed <- server.Serve(listener) }()
	if s.Profiles != "" {
		go func() { failed <- s.profiles().ListenAndServe() }()
	}
	address := s.scheme() + "://" + listener.Addr().String()
	s.Log.Info("listening", "address", address, "version", s.Version)

	// Requests wait for what is prepared, but checks of health are answered already.
	prepared := make(chan error, 1)
	preparing, stopPreparing := context.WithCancel(ctx)
	defer stopPreparing()
	go func() { prepared <- prepare(preparing) }()
	for running := true; running; {
		select {
		case err := <-prepared:
			if err != nil && ctx.Err() == nil {
				return errors.Join(err, server.Close())
			}
			prepared = nil
			if err == nil {
				s.Log.Info("ready", "address", address)
			}
		case err := <-failed:
			return errors.Join(err, server.Close())
		case <-ctx.Done():
			running = false
		}
	}
	s.Log.Info("ending: running requests are finished, work in the background is taken back")
	if prepared != nil {
		<-prepared
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Shutdown)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return errors.Join(fmt.Errorf("some requests were not finished in %s: %w", s.Shutdown, err), server.Close())
	}
	return nil
}

func (s Server) scheme() string {
	if s.Cert != "" {
		return "https"
	}
	return "http"
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
func (s Server) profiles() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Addr: s.Profiles, Handler: s.Hosts.Guard(mux), ReadHeaderTimeout: 5 * time.Second}
}

// CheckHealth asks a running server for an address, and returns an error unless it
// answers 200.
func (s Server) CheckHealth(ctx context.Context, path string) error {
	host, port, err := net.SplitHostPort(s.Hosts.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	// It asks itself, by an address that is not in its certificate.
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // #nosec G402
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.scheme()+"://"+net.JoinHostPort(host, port)+path, nil)
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
