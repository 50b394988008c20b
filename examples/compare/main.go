// Compare tells what changes when one model takes the place of another: which
// clusters are the same, who changes the tier, whether the customers are others
// than before, and whether to take the new model.
//
//	go run ./examples/compare OLD.json NEW.json -data FILE [-before FILE]
//	    [-as-of YYYY-MM-DD] [-max-age N] [-max-income N] [-keep-names FILE.json]
//	    [-encoding NAME] [-sheet NAME] [-header-row N] [-kinds A=KIND,…] [-json]
//
// Both models predict the customers of -data (the bundled sample by default), in a
// file of any form or a table of a database, as examples/train takes them. Those of a
// campaign file are counted as of the day of the new model unless -as-of names
// another, and cleaned by its limits unless -max-age and -max-income set others. With -before, the
// customers that the old model was trained on, counted as of its day and cleaned
// by its limits, each column is compared too. -keep-names writes the new model with each
// cluster under the tier name of the old cluster that it is matched with.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

func main() { program.Main(run) }

type options struct {
	old, new     string
	data         *program.Data
	before, keep string
	limits       *features.CleanOptions
	json         bool
	trust        signature.Trust
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	o.data = program.Files(flags, "`day` on which ages and tenures are counted, YYYY-MM-DD (default that of the new model, for orders that of the last)")
	flags.StringVar(&o.data.Path, "data", "", "`FILE` of the customers to predict; the bundled sample by default")
	flags.StringVar(&o.before, "before", "", "`FILE` of the customers that the old model was trained on")
	o.limits = program.Limits(flags)
	flags.StringVar(&o.keep, "keep-names", "", "model `FILE` to write the new model to, with the tier names of the old one")
	flags.Var(&o.trust, "trust", "refuse a model file that has no signature by one of the public keys in `FILE` (see examples/sign)")
	flags.BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	flags.SetOutput(io.Discard)
	// Flags may stand before, between and behind the models.
	var models []string
	for {
		if flags.Parse(args) != nil {
			return o, program.Parse(flags, args, stderr)
		}
		if flags.NArg() == 0 {
			break
		}
		models, args = append(models, flags.Arg(0)), flags.Args()[1:]
	}
	if len(models) != 2 {
		return o, program.Usagef("name two model files, the old one and the new one; there are %d here", len(models))
	}
	o.old, o.new = models[0], models[1]
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	r, err := compare(ctx, o)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(r)
	}
	return r.Print(stdout)
}

// voice says facts in sentences.
var voice = narrate.English(nil)

func compare(ctx context.Context, o options) (*textreport.Comparison, error) {
	old, err := o.trust.Load(o.old)
	if err != nil {
		return nil, err
	}
	new, err := o.trust.Load(o.new)
	if err != nil {
		return nil, err
	}
	r := &textreport.Comparison{Old: o.old, New: o.new, OldK: old.K(), NewK: new.K(), Notes: []string{}}
	with := insight.CompareTableOptions{Columns: slices.Clone(old.Columns())}
	for _, name := range new.Columns() {
		if !slices.Contains(with.Columns, name) {
			with.Columns = append(with.Columns, name)
		}
	}
	now, err := customers(ctx, *o.data, new, o)
	if err != nil {
		return nil, err
	}
	r.BadRows, r.Dropped, r.Notes = now.BadRows, now.dropped, append(r.Notes, now.notes("")...)
	if asOf := now.Table.AsOf(); !asOf.IsZero() {
		r.AsOf = asOf.Format(time.DateOnly)
		if before := old.AsOf(); now.Campaign && !before.IsZero() && !asOf.Equal(before) {
			r.Notes = append(r.Notes, fmt.Sprintf("The old model counted ages and tenures as of %s; here both count as of %s, so customers have grown older for it.", before.Format(time.DateOnly), r.AsOf))
		}
	}
	if o.before != "" {
		data := *o.data
		data.Path, data.AsOf.Time = o.before, time.Time{}
		before, err := customers(ctx, data, old, o)
		if err != nil {
			return nil, err
		}
		with.Before = before.Table
		r.Notes = append(r.Notes, before.notes("In "+o.before+", ")...)
	}
	if r.Found, err = insight.CompareTable(ctx, old, new, now.Table, with); err != nil {
		return nil, err
	}
	if r.Told, err = voice.ComparisonJSON(r.Found); err != nil {
		return nil, err
	}
	if o.keep != "" {
		kept, above, err := insight.KeepTierNames(old, new, r.Found)
		if err != nil {
			return nil, err
		}
		for _, k := range above {
			r.Notes = append(r.Notes, voice.KeptAbove(k))
		}
		if err := kept.Save(o.keep); err != nil {
			return nil, err
		}
		r.Kept = o.keep
	}
	return r, nil
}

// limitsOf are the limits of cleaning for a model: those of the flags, and else
// those that it remembers.
func (o options) limitsOf(m *segment.Model) features.CleanOptions {
	limits := features.CleanOptionsOf(m.Limits())
	limits.MaxAge = cmp.Or(o.limits.MaxAge, limits.MaxAge)
	limits.MaxIncome = cmp.Or(o.limits.MaxIncome, limits.MaxIncome)
	return limits
}

// read is customers as a file had them, cleaned.
type read struct {
	*segmentation.Source
	dropped features.Dropped
}

// customers reads a file, or the bundled sample, for a model: customers of a campaign
// as of its day where none is asked for, and cleaned.
func customers(ctx context.Context, data program.Data, m *segment.Model, o options) (*read, error) {
	if _, err := features.Select(m.Columns()...); err == nil && data.AsOf.IsZero() {
		data.AsOf.Time = m.AsOf()
	}
	source, err := data.Read(ctx)
	if err != nil {
		return nil, err
	}
	r := &read{Source: source}
	if !r.Campaign {
		return r, program.Unfit(source, *o.limits, false, false)
	}
	if r.Table, r.dropped, err = features.Clean(ctx, r.Table, o.limitsOf(m)); err != nil {
		return nil, err
	}
	if r.Table.Len() == 0 {
		return nil, program.Because(errors.New("no customers are left to compare the models on"), r.dropped)
	}
	return r, nil
}

// notes are what is doubtful about the reading, as sentences that start so.
func (r *read) notes(start string) (out []string) {
	if said := program.LeftOut(r.dropped); said != "" {
		out = append(out, start+said+".")
	}
	for _, said := range r.Told {
		out = append(out, start+said+".")
	}
	return out
}
