// Package features turns campaign files into customers, and customers into
// the columns that segments are trained on.
//
// [Read] takes a file as it goes round in the world and yields one typed
// [Customer] after another, in constant memory; [ReadFile] and [ReadAll] give
// them all at once, with a [Report] of what was found. [Engineer] adds age,
// tenure, spending and the other engineered columns as of one day; [Clean]
// leaves out the customers that cannot be true; [Table.Encode] turns words
// into numbers. [Table.Matrix] and [Select] hand numeric columns by name to
// whatever trains or predicts, and [DataFrame] and [FromDataFrame] are the
// way to and from a gota data frame.
//
//	customers, report, err := features.ReadFile("campaign.csv")
//	table := features.Engineer(customers, features.AsOf(day))
//	clean, dropped := features.Clean(table)
//	x, err := clean.Matrix(features.TrainingColumns...)
//
// Everything but a [Reader] and a [Writer] is safe for concurrent use as long
// as nobody changes it.
package features
