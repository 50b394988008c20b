// Wrong is a version that says it is ready and answers no prediction.
package main

import (
	"flag"
	"log"
	"net/http"
)

func main() {
	addr := flag.String("addr", "", "")
	flag.String("db", "", "")
	flag.Parse()
	http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such column", http.StatusInternalServerError)
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
