// Package program is what the command lines have in common: flags, exit
// status, interruption, and how they print numbers.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/customer-personality/segmentation/features"
)

// ModelName is the name under which the programs keep their models in the
// database.
const ModelName = "segmentation"

// Usage is an error in the flags, for which a program ends with status 2.
type Usage struct{ error }

// Usagef makes a Usage.
func Usagef(format string, args ...any) error { return Usage{fmt.Errorf(format, args...)} }

// Main runs a program and ends the process: with 0; with 2 and the flags when
// they were wrong; with 1 and one sentence on stderr when anything else was;
// with 130 when it was interrupted.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := Status(run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr)
	stop()
	os.Exit(status)
}

// Status prints the error as Main does and gives the exit status for it.
func Status(err error, stderr io.Writer) int {
	usage, wrong := errors.AsType[Usage](err)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case wrong:
		fmt.Fprintf(stderr, "%v (-help lists the flags)\n", usage)
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "interrupted; nothing more was written")
		return 130
	}
	fmt.Fprintln(stderr, strings.ReplaceAll(Plain(err), "\n", " "))
	return 1
}

// Plain is the message of an error without the names of the packages that it
// comes from, which say nothing to who runs a program.
func Plain(err error) string { return packages.ReplaceAllString(err.Error(), "$1") }

// GoWords finds a word in a message that only who reads the code can know, for
// the tests of the programs: ReadOptions, segment.Train; empty where there is
// none.
func GoWords(message string) string { return goWords.FindString(message) }

var goWords = regexp.MustCompile(`\b(?:features|preprocess|segment|store|plots)(?:: |\.)\w*|\b(?:[A-Z][a-z]+){2,}\b`)

var packages = regexp.MustCompile(`(^|[:;] )(?:features|preprocess|segment|store|plots): `)

// Parse reads the flags and refuses arguments that are none.
func Parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
			return err
		}
		return Usage{err}
	}
	if flags.NArg() > 0 {
		return Usagef("%q is not a flag", flags.Arg(0))
	}
	return nil
}

// Day is a flag that holds a day, YYYY-MM-DD.
type Day struct{ time.Time }

// String is the day as Set takes it.
func (d *Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// Set reads a day.
func (d *Day) Set(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("a day is written as 2015-01-31")
	}
	if err := features.AsOf(t).Check(); err != nil {
		return err
	}
	d.Time = t
	return nil
}

// Printer prints numbers with thousands separators, for people.
var Printer = message.NewPrinter(language.English)

// IsTerminal says whether w is a terminal, where a progress bar makes sense.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

// Bar draws a progress bar on w, a terminal, and nothing elsewhere.
func Bar(w io.Writer, label string, done, total int) {
	if !IsTerminal(w) || total <= 0 {
		return
	}
	const width = 40
	n := width * done / total
	fmt.Fprintf(w, "\r%s %s%s %3d %%", label, strings.Repeat("█", n), strings.Repeat("░", width-n), 100*done/total)
	if done == total {
		fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", len(label)+width+8))
	}
}

// Guarded tells of cells that [csvguard.Writer] has changed; it is empty for none.
func Guarded(changed int) string {
	switch changed {
	case 0:
		return ""
	case 1:
		return "1 cell of the CSV got an apostrophe before, or else a spreadsheet would run it as a formula; -raw-csv leaves it as it is"
	}
	return Printer.Sprintf("%d cells of the CSV got an apostrophe before, or else a spreadsheet would run them as formulas; -raw-csv leaves them as they are", changed)
}
