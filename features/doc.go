// Package features turns files of customers into tables. A file is any table of text,
// lines of orders, or one of the campaign schema.
//
// # Any table
//
// [ReadTable] reads rows under a header: encoding, delimiter, decimal marks, dates
// and the kind of each column are found from the data, and [TableReport] tells what
// was found, guessed and left out. [TableReader] does so in constant memory, by
// blocks of rows; [ReadRows] for any form of file, as [ReadJSON] and the packages
// features/xlsx and features/parquet do. [InferRoles] finds which column names the
// customer, by which ones customers are alike, which ones make them valuable, and
// why the others serve for nothing; each can be set by [RoleOptions].
//
//	table, report, err := features.ReadTableFile(ctx, "customers.csv", features.TableOptions{})
//	roles, err := features.InferRoles(ctx, table, features.RoleOptions{Value: []string{"income", "-recency"}})
//
// # Orders
//
// [RFM] counts lines of orders to recency, frequency and monetary value of each
// customer, with basket, tenure, days between orders and returns; cancellations,
// returns and gaps are told. [RFMScore] adds the scores and segments of the R
// package rfm. [FindOrderColumns] finds the columns.
//
//	customers, report, err := features.RFM(ctx, features.NewTableReader(file, features.TableOptions{}), features.RFMOptions{})
//
// # Campaign files
//
// [Read] takes a file of the campaign schema as spreadsheets and databases save it
// and yields one typed [Customer] after another, in constant memory; [ReadFile] and
// [ReadAll] return all of them, with a [Report] of what was found. [Engineer] makes a
// [Table] of them, with age, tenure, spending and the other engineered columns as of
// one day; [Clean] leaves out the customers that cannot be true; [Table.Encode] turns
// words into numbers. [Table.Matrix] and [Select] hand numeric columns by name to
// whatever trains or predicts. Package features/dataframe is the way to and from gota
// data frames.
//
//	customers, report, err := features.ReadFile(ctx, "campaign.csv", features.ReadOptions{})
//	table, err := features.Engineer(ctx, customers, features.AsOf(day))
//	clean, dropped, err := features.Clean(ctx, table, features.CleanOptions{})
//	x, err := clean.Matrix(ctx, features.TrainingColumns...)
//
// A Table is immutable; everything but a [Reader], a [TableReader] and a [Writer] is
// safe for concurrent use as long as nobody changes it.
package features
