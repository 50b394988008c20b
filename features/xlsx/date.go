package xlsx

import (
	"math"
	"time"
)

// An epoch is the day from which a workbook counts.
type epoch uint8

const (
	epoch1900 epoch = iota // 1 is 1 January 1900
	epoch1904              // 0 is 1 January 1904: workbooks of old Macs
)

const lastSerial = 2958466 // 1 January 10000, which Excel does not know

// time returns the day and the clock, to the millisecond, of a serial number,
// and false for one that is no day. Excel takes 1900 for a leap year: 60 is 29
// February 1900, which is none, and what comes before is a day later than a
// count back from today says.
func (e epoch) time(serial float64) (time.Time, bool) {
	days := math.Floor(serial)
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case e == epoch1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 1 || days == 60:
		return time.Time{}, false
	case days < 60:
		start = start.AddDate(0, 0, 1)
	}
	if !(days >= 0 && days < lastSerial) {
		return time.Time{}, false
	}
	const day = 24 * 60 * 60 * 1000 // milliseconds
	clock := math.Round(float64((serial - days) * day))
	return start.AddDate(0, 0, int(days)).Add(time.Duration(clock) * time.Millisecond), true
}
