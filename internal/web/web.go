// Package web runs an HTTP server and bounds what its clients can do to it: which
// hosts they may ask for, how often they may ask and guess passwords, how slowly
// they may send, and what is left of it when the server is killed.
package web
