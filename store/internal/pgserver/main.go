//go:build unix

// Pgserver runs the throw-away PostgreSQL of package pgtest for tests of
// packages that cannot import it: it prints the server's URL as one line, and
// ends with the server when its own standard input closes, at the latest when
// the program that started it is gone. A line "kill" on its input ends the server
// as a crash would, "restart" starts it again; each is answered by "done".
//
//	go run ./store/internal/pgserver
//
// Its exit status is 3 where no server is installed.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

func main() {
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, pgtest.ErrNoServer) {
			os.Exit(3)
		}
		os.Exit(1)
	}
	defer server.Stop()
	fmt.Println(server.URL("postgres"))
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "kill":
			server.Kill()
		case "restart":
			if err := server.Restart(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
		}
		fmt.Println("done")
	}
}
