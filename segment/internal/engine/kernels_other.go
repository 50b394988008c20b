//go:build !(amd64 || arm64) || purego

package engine

const hasVector, hasVector512 = false, false

func nearestVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64) {
	panic("unreachable")
}
func nearestWideVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64) {
	panic("unreachable")
}
func nearestTwoVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist, second *float64) {
	panic("unreachable")
}
func potentialVector(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64) {
	panic("unreachable")
}
func relaxVector(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64) {
	panic("unreachable")
}
func momentsVector(x *float64, blocks, blockStep, colStep, d int, labels *int32, first, m int, high, low, sum *float64) {
	panic("unreachable")
}
func moveVector(row *float64, columns, d int, high, low, out, in *float64) { panic("unreachable") }
func countVector(labels *int32, blocks, first int, n *[24]int32)           { panic("unreachable") }
func differVector(a, b *int32, blocks int, bits *uint16)                   { panic("unreachable") }
func widenVector(labels *int32, dist *float64, blocks int, out *int, most *[8]float64) {
	panic("unreachable")
}
func transposeVector(x *float64, blocks, d int, out *float64) bool {
	panic("unreachable")
}
