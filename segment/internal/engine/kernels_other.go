//go:build !amd64 || purego

package engine

var hasVector = false

func nearestAVX2(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64) {
	panic("unreachable")
}
func nearestWideAVX2(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64) {
	panic("unreachable")
}
func nearestTwoAVX2(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist, second *float64) {
	panic("unreachable")
}
func potentialAVX2(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64) {
	panic("unreachable")
}
func relaxAVX2(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64) {
	panic("unreachable")
}
func momentsAVX2(x *float64, blocks, blockStep, colStep, d int, labels *int32, first, m int, magic, sum *float64) {
	panic("unreachable")
}
func countAVX2(labels *int32, blocks, first int, n *[24]int32) { panic("unreachable") }
func differAVX2(a, b *int32, blocks int, bits *uint16)         { panic("unreachable") }
func transposeAVX2(x *float64, blocks, d int, out *float64) bool {
	panic("unreachable")
}
