// Package segmentation is the front door of a library for customer
// segmentation: from a campaign file to clusters with names, and from a
// trained model to the tier of one customer or of a million. The package
// itself holds nothing; the work is done by the packages below it, each of
// which can be used alone.
//
//   - [github.com/customer-personality/segmentation/features] reads customers,
//     adds the columns that are calculated from others, and cleans.
//   - [github.com/customer-personality/segmentation/preprocess] fills in what
//     is missing, scales, and reduces dimensions: any matrix with named columns.
//   - [github.com/customer-personality/segmentation/segment] chooses the number
//     of clusters, finds them, ranks them into tiers, keeps it all in a model,
//     and explains it: any table with named columns.
//   - [github.com/customer-personality/segmentation/segment/plots] draws it.
//   - [github.com/customer-personality/segmentation/store] keeps customers,
//     tables, models and scores in PostgreSQL or an embedded SQLite file.
//
// # The way of the data
//
// A file goes through [github.com/customer-personality/segmentation/features.Read],
// [github.com/customer-personality/segmentation/features.Engineer] and
// [github.com/customer-personality/segmentation/features.Clean] and becomes a
// table. Five of its columns (age in years, spending, tenure in months,
// children, income) train a model:
//
//	file ──Read──▶ customers ──Engineer──▶ ──Clean──▶ table
//	table ──five columns──▶ Pipeline (impute, scale, PCA) ──▶ matrix
//	matrix ──Sweep──▶ inertia per k ──KneeLocator──▶ k ──KMeansPP──▶ clusters
//	clusters ──Tiers──▶ Model ──Save──▶ one JSON file
//	one customer or a million ──Model──▶ cluster, tier, distance
//
// [github.com/customer-personality/segmentation/segment.Train] goes the whole
// way from table to model in one call. Part by part it is
// [github.com/customer-personality/segmentation/preprocess.Pipeline],
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
// The same seed gives the same bits, on one processor or on many. Clusters are
// numbered by value, so that 0 is the most valuable one, and tiers come from
// what clusters are, never from their numbers.
//
// NaN means missing, and only the imputer takes it; elsewhere NaN or an
// infinity is an error that names row and column. Errors say what was wrong,
// where, and what would have been right. Nothing here panics, prints or logs: a
// nil pointer answers as the zero of its type, a nil matrix has no rows, a nil
// context is never done. A panic in a callback or a sequence of the caller's
// reaches the caller, with the same value, on the goroutine that called.
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
