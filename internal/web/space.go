package web

import "math"

// UnknownSpace is the free space of a folder where it is not known.
const UnknownSpace = math.MaxInt64 / 2
