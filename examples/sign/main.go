// Sign makes keys, and signs and checks model files, for who wants no model in
// use that somebody has not released.
//
//	go run ./examples/sign -new release.key                   # and release.key.pub
//	go run ./examples/sign -key release.key out/model.json    # writes out/model.json.sig
//	go run ./examples/sign -trust release.key.pub out/model.json
//
// examples/predict, examples/compare and examples/webapp take -trust
// release.key.pub and then refuse every model without such a signature;
// examples/train -sign release.key signs what it has trained. The signature is
// that of ed25519 over the bytes of the file, in base64. Without this program:
//
//	base64 -d out/model.json.sig > signature
//	openssl pkeyutl -verify -pubin -inkey release.key.pub -rawin -in out/model.json -sigfile signature
package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
)

func main() { program.Main(run) }

func run(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("sign", flag.ContinueOnError)
	fresh := flags.String("new", "", "make a key in this new `FILE`, and its public half in FILE.pub")
	key := flags.String("key", "", "sign by the private key in `FILE`")
	var trust signature.Trust
	flags.Var(&trust, "trust", "check signatures by the public keys in `FILE`")
	flags.SetOutput(io.Discard)
	if flags.Parse(args) != nil {
		return program.Parse(flags, args, stderr)
	}
	given := 0
	for _, is := range []bool{*fresh != "", *key != "", trust.Given()} {
		if is {
			given++
		}
	}
	models := flags.Args()
	if given != 1 || (*fresh == "") != (len(models) > 0) {
		return program.Usagef("give -new FILE alone, or -key FILE or -trust FILE with the model files after it")
	}
	if *fresh != "" {
		if err := signature.NewKey(*fresh); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "Wrote %s, to be kept secret, and %s.pub, for -trust\n", *fresh, *fresh)
		return err
	}
	for _, model := range models {
		// What is signed or released can be loaded, too.
		if _, err := trust.Load(model); err != nil {
			return err
		}
		if trust.Given() {
			fmt.Fprintf(stdout, "%s: signed by a trusted key\n", model)
			continue
		}
		private, err := signature.ReadKey(*key)
		if err != nil {
			return err
		}
		if err := signature.Sign(model, private); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s\n", signature.Name(model))
	}
	return nil
}
