package settings_test

import (
	"flag"
	"fmt"
	"os"

	"github.com/customer-personality/segmentation/internal/settings"
)

func ExampleDefine() {
	var addr, hosts string
	var size int64
	var open bool
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(os.Stdout)
	environment := map[string]string{"SERVE_ADDR": ":81", "SERVE_SIZE": "5"}
	set := settings.Define(flags, func(name string) string { return environment[name] }, []settings.Setting{
		settings.New("addr", "SERVE_ADDR", ":80", "ADDRESS", "where to listen", settings.Text(&addr)),
		settings.New("host", "SERVE_HOST", "", "NAMES", "names that are served", settings.Text(&hosts)),
		settings.New("size", "SERVE_SIZE", "1", "MB", "greatest size of a file", settings.Count(&size, 1e6)),
		settings.New("open", "", "false", "", "let everybody in", settings.Bool(&open)),
	}, "host")
	if err := flags.Parse([]string{"-addr", ":82", "-host", "a.example", "-host", "b.example", "-open"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(set(), addr, hosts, size, open)

	_ = flags.Parse([]string{"-size", "none"})
	fmt.Println(set())
	flags.Usage()
	// Output:
	// <nil> :82 a.example,b.example 5000000 true
	// -size is "none"; it is a whole number above 0
	// Usage: serve [flags]
	//
	// Every flag can be set by a variable of the environment instead.
	//
	//   -addr ADDRESS  (SERVE_ADDR)
	// 	where to listen; default :80
	//   -host NAMES  (SERVE_HOST)
	// 	names that are served
	//   -size MB  (SERVE_SIZE)
	// 	greatest size of a file; default 1
	//   -open
	// 	let everybody in
}
