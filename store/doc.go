// Package store keeps customers, their tables, models and scores in a
// database: in PostgreSQL, or in a single file of an embedded SQLite for those
// who run no server. One API serves both.
//
//	s, err := store.Open(ctx, "postgres://user@host/shop", store.Options{Migrate: true})
//	s, err := store.Open(ctx, "sqlite:shop.db", store.Options{Migrate: true})
//
// # The way of the data
//
// [Store.Ingest] reads a campaign file into the raw table, [Store.Customers]
// streams it back. What [features.Engineer] and [features.Clean] make of them
// goes into the unencoded, encoded and merged tables with [Store.SaveResults].
// New customers of the day come with [Store.Append] or [Store.Upsert].
//
// [Store.SaveTable] saves any features.Table with what its columns hold,
// [Store.ReadTable] and [Store.TableBlocks] read it back, and any other table or
// view, whoever made it; [OpenTable] opens one by its URL. [Store.RFM] counts lines
// of orders to customers within the database. Results of a model of any table go into
// tables of the model's name, see [Results].
//
// [Store.SaveModel] keeps every version of a model, [Store.Activate] and
// [Store.Rollback] choose the one that [Store.LoadModel] returns as [Active].
// [Store.AppendScores] writes the log that [Store.History] and [Store.TierChanges]
// read. [Store.CreateScoringView] puts
// the model into the database as a view, which needs no Go at all.
//
// # What readers see
//
// A table is replaced in one transaction that deletes the old rows and writes
// the new ones. Whoever reads meanwhile sees the old rows, is not blocked, and
// blocks nobody; whoever begins after the commit sees the new ones. Writers of
// a table wait for each other. (A swap of tables by renaming was left aside: it
// waits for every reader, holds up those who come behind it, and loses
// privileges and views. The price is the space of the old rows, which
// PostgreSQL's autovacuum frees.)
//
// # Rows keep their order
//
// Every table has a column position, the place of the row in the file or frame
// that it came from, from 1. Reading is in that order, so that a model trained
// on a table is the same to the bit as one trained on the file.
//
// Values come back bit for bit, missing ones as missing; only SQLite does not
// tell -0 from 0.
//
// # Names of tables
//
// Wherever a table or view is named, the name is taken as it stands, with case
// and blanks, and quoted. Where there is no table of that very name, but it
// reads schema.table and there is such a schema (in SQLite main, temp, or an
// attached file), the table of that schema is meant, to be made there where it
// is to be made. Each part may be in double quotes, in which a double quote is
// written twice: "my schema"."my table". A whole name in double quotes, such as
// "a.b", is a table that is named so, whatever schemas there are.
//
// # Failures
//
// Errors wrap the sentinels of this package, say what was being done, what was
// wrong and what would be right, and never hold a password. Where the
// connection is lost, work is repeated with growing pauses for
// [Options.RetryFor], if repeating it can do no harm: reading until the first
// row, replacing a table, anything that had not yet come to its commit and
// whose source can be read again. What ctx cancels is cancelled on the server
// too.
package store
