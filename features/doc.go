// Package features turns campaign files into customers, and customers into
// the columns that segments are trained on.
//
// [Read] takes a file as spreadsheets and databases save it and yields one typed
// [Customer] after another, in constant memory; [ReadFile] and [ReadAll] return
// all of them, with a [Report] of what was found. [Engineer] makes a [Table] of
// them, with age, tenure, spending and the other engineered columns as of one
// day; [Clean] leaves out the customers that cannot be true; [Table.Encode]
// turns words into numbers. [Table.Matrix] and [Select] hand numeric columns by
// name to whatever trains or predicts. Package features/dataframe is the way to
// and from gota data frames.
//
//	customers, report, err := features.ReadFile("campaign.csv", features.ReadOptions{})
//	table := features.Engineer(customers, features.AsOf(day))
//	clean, dropped := features.Clean(table, features.CleanOptions{})
//	x, err := clean.Matrix(features.TrainingColumns...)
//
// A Table is immutable; everything but a [Reader] and a [Writer] is safe for
// concurrent use as long as nobody changes it.
package features
