// Login is a version that wants a user and a password for its pages, or a token.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	addr := flag.String("addr", "", "")
	flag.String("db", "", "")
	flag.Parse()
	user, password, _ := strings.Cut(os.Getenv("WANTED_LOGIN"), ":")
	http.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		token := os.Getenv("WANTED_TOKEN")
		if u, p, _ := r.BasicAuth(); (u != user || p != password) && (token == "" || r.Header.Get("Authorization") != "Bearer "+token) {
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"tier":"Gold"}`)
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
