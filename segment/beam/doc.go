// Package beam trains and scores segmentations on the runners of Apache Beam.
package beam
