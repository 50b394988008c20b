// Dies is a version that passes the first checks and then ends.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync/atomic"
)

func main() {
	addr := flag.String("addr", "", "")
	flag.String("db", "", "")
	flag.Parse()
	var predictions atomic.Int64
	http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		if predictions.Add(1) > 2 {
			os.Exit(1)
		}
		fmt.Fprint(w, `{"tier":"Gold"}`)
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
