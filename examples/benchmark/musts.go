package main

// musts are how many times as long as ours, by the least times, a peer has to
// take, by case and peer, at the same inertia or a better one of ours.
var musts = map[[2]string]float64{
	{"A", fastest}:     15,
	{"B", fastest}:     40,
	{"C", fastest}:     40,
	{"D", fastest}:     10,
	{"E", fastest}:     12,
	{"F", fastest}:     6,
	{"F", faiss}:       4,
	{"G", fastest}:     8,
	{"G", faiss}:       4,
	{"H", fastest}:     8,
	{"H-new", fastest}: 5,
	{"W", script}:      12,
	{"W", twin}:        3,
}

// sameInertia is how far above another, relative, an inertia counts as the same.
const sameInertia = 1e-4

// judge says whether a line holds what it must.
func (l *line) judge() {
	must, ok := musts[[2]string{l.Case, l.Peer}]
	if !ok {
		return
	}
	holds := l.LeastRatio >= must && l.Excess <= sameInertia
	l.Must, l.Holds = must, &holds
}
