// Package segment finds groups of similar rows in a table and names them by
// what they are worth. It knows matrices with named columns and no customers,
// so it serves any table.
//
// [Train] does all of it and returns a [Model], which predicts and is kept in
// one JSON file. Part by part the way is
//
//	matrix ──[Sweep]──▶ inertia per k ──[KneeLocator]──▶ k ──[KMeansPP]──▶ clusters ──[Tiers]──▶ [Model]
//
// [Silhouettes], [CalinskiHarabasz], [DaviesBouldin] and [AdjustedRand] judge
// a clustering, [GapStatistic] the number of clusters. [Model.SQL] puts a model
// into a database. What a model means is the subject of package insight.
//
// Rows that do not fit in memory are a [Stream], which [KMeansPP.FitStream] and
// [Sweep.FitStream] read in passes. Whatever else can add up rows by the nearest
// centroid, such as a database, is a [Source] for them too.
//
// The same seed yields the same bits, whatever GOMAXPROCS. Missing values are
// for the pipeline of a model alone; everything else refuses NaN and ±Inf with
// row and column. Errors wrap the sentinels of this package.
package segment
