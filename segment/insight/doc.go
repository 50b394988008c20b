// Package insight computes what a segmentation means, as typed facts: the
// profile of each segment, why a row is in its tier and what would change that,
// how two models or two populations differ, which number of clusters the
// criteria choose, and whether clusters come back when the rows are drawn anew.
//
// Facts are values with kinds and numbers. Package narrate writes them in
// sentences.
package insight
