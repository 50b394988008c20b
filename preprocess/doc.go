// Package preprocess turns columns of raw numbers into columns that a distance
// can be taken in: missing values filled, scales made comparable, dimensions
// reduced.
//
// A [Transformer] is a struct of options; its zero value works. Fit learns from
// a matrix (n×d, each row an observation, each column a variable) and returns a
// [Fitted] value, which alone can transform. Fitted values never change, are
// safe for concurrent use, and are written as JSON and read back to the same
// bits ([Decode]).
//
//	pipeline := preprocess.Pipeline{Steps: []preprocess.Step{
//		preprocess.NewStep("impute", preprocess.Imputer{}),
//		preprocess.NewStep("scale", preprocess.Scaler{}),
//		preprocess.NewStep("project", preprocess.PCA{Components: 3}),
//	}}
//	fitted, err := pipeline.Fit(ctx, x, "age", "spent", "tenure", "children", "income")
//	y, err := fitted.Transform(ctx, x)
//
// The transformers are [Imputer], [Scaler], [PCA], [OneHotEncoder], for skewed
// columns [Log1p], [QuantileTransformer] and [PowerTransformer], for some of the
// columns [ColumnTransformer], and [Pipeline]; [LabelEncoder] does for strings what
// they do for numbers. [Preparation] chooses among them by the data. Results
// equal scikit-learn's, but for differences that the comments of the types name.
//
// In a matrix, words are codes: [Encode] makes them of a [Table], OneHotEncoder
// gets the words that they stand for, and a pipeline with such an encoder takes
// tables ([FittedPipeline.Matrix]) and rows with words ([FittedPipeline.Row]).
//
// NaN means missing, and only Imputer takes it. Everywhere else NaN, and
// everywhere ±Inf, is a [*ValueError] that names row and column. No result
// holds NaN or ±Inf: a value that would overflow is an error too.
//
// The same matrix yields the same bits on every machine, whatever GOMAXPROCS, and
// a row the same bits alone as within a matrix.
package preprocess
