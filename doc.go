// Package segmentation runs a customer segmentation in one call: [TrainFile]
// from a file of customers to clusters with names, [Score] from a trained model to
// the tier of every customer of a table, [ScoreFile] of every customer of a file.
//
//	result, err := segmentation.TrainFile(ctx, "customers.csv", segmentation.TrainOptions{})
//	result.Model.Save("model.json")
//
// The file may be text, a workbook, Parquet or JSON, of customers or of their orders.
// A campaign file is recognised by its header and goes its own way, with ages, tenures
// and limits of what is taken for true. Of any other table, [Open] finds what each
// column holds and what it serves for: [Source] has both, and [OpenOptions] set them.
//
// A [Result] has what came out, each thing made once: the report of reading, the
// cleaned table, the model, where each customer lies, and what is doubtful. With a
// store, tables and model are saved in one transaction. The work is done by the
// packages below this one, each of which can be used alone.
//
//   - [github.com/customer-personality/segmentation/features] has the Table
//     of customers: it reads them, adds the columns that are calculated from
//     others, cleans, encodes, filters and groups.
//   - [github.com/customer-personality/segmentation/preprocess] fills in what
//     is missing, scales, and reduces dimensions: any matrix with named columns.
//   - [github.com/customer-personality/segmentation/segment] chooses the number
//     of clusters, finds them, ranks them into tiers, and keeps it all in a model:
//     any matrix with named columns.
//   - [github.com/customer-personality/segmentation/segment/insight] computes what a
//     model means, as typed facts, [github.com/customer-personality/segmentation/segment/narrate]
//     writes facts as sentences, [github.com/customer-personality/segmentation/segment/plots]
//     draws them, and [github.com/customer-personality/segmentation/segment/report]
//     makes a page of them.
//   - [github.com/customer-personality/segmentation/segment/sqlsource] and the module
//     segment/beam train where the rows are, in a database and on Apache Beam.
//   - [github.com/customer-personality/segmentation/store] keeps customers,
//     tables, models and scores in PostgreSQL or an embedded SQLite file.
//
// # The way of the data
//
// [Read] makes a table of a file, [Train] a model of a table. Five of its columns
// (age in years, spending, tenure in months, children, income) train it, unless
// [TrainOptions] name others:
//
//	file ──Read──▶ customers ──Engineer──▶ ──Clean──▶ table
//	table ──columns──▶ Pipeline (impute, scale, PCA) ──▶ matrix
//	matrix ──Sweep──▶ inertia per k ──KneeLocator──▶ k ──KMeansPP──▶ clusters
//	clusters ──Tiers──▶ Model ──Save──▶ one JSON file
//	one customer or a million ──Model──▶ cluster, tier, distance, warnings
//
// Part by part it is [github.com/customer-personality/segmentation/features.Engineer],
// [github.com/customer-personality/segmentation/features.Clean],
// [github.com/customer-personality/segmentation/segment.Train] from matrix to model,
// and within it [github.com/customer-personality/segmentation/preprocess.Pipeline],
// [github.com/customer-personality/segmentation/segment.Sweep],
// [github.com/customer-personality/segmentation/segment.KneeLocator] and
// [github.com/customer-personality/segmentation/segment.KMeansPP];
// [github.com/customer-personality/segmentation/segment.Model] predicts.
//
// # What holds everywhere
//
// Options are structs whose zero value works. What is fitted is a value of its
// own, which never changes and may be used by many goroutines at once.
//
// The same seed yields the same bits, on one processor or on many. Clusters are
// numbered by value, so that 0 is the most valuable one, and tiers come from
// what clusters are, never from their numbers.
//
// NaN means missing, and only the imputer takes it; elsewhere NaN or an
// infinity is an error that names row and column. Errors say what was wrong,
// where, and what would have been right. Nothing here panics, prints or logs: a
// nil pointer acts as the zero value of its type, a nil matrix has no rows, a
// nil context is never done. A panic in a callback or a sequence of the
// caller's reaches the caller, with the same value, on the goroutine that
// called.
//
// # The programs
//
// The programs under examples show it all at work on the customers in testdata:
//
//	go run ./examples/train
//	go run ./examples/predict -model out/model.json -age 57 -spent 1617 -tenure 28 -children 0 -income 58138
//	go run ./examples/notebook
//	go run ./examples/webapp
package segmentation
