package formats

// DateTime reports whether a text is a date-time of RFC 3339 (section 5.6), such as 2026-03-01T12:00:00.5+01:00.
// The letters T and Z may be small. A leap second is taken where one can be: in the last minute of a day in UTC.
func DateTime(text string) bool {
	return len(text) > 11 && Date(text[:10]) && text[10]|0x20 == 't' && Time(text[11:])
}

// Date reports whether a text is a full-date of RFC 3339, such as 2026-03-01. The day must exist in that year.
func Date(text string) bool {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return false
	}
	century, ok1 := twoDigits(text)
	year, ok2 := twoDigits(text[2:])
	month, ok3 := twoDigits(text[5:])
	day, ok4 := twoDigits(text[8:])
	return ok1 && ok2 && ok3 && ok4 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, 100*century+year)
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// Time reports whether a text is a full-time of RFC 3339, such as 12:00:00Z: it has an offset from UTC.
func Time(text string) bool {
	if len(text) < 9 || text[2] != ':' || text[5] != ':' {
		return false
	}
	hour, ok1 := twoDigits(text)
	minute, ok2 := twoDigits(text[3:])
	second, ok3 := twoDigits(text[6:])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 60 {
		return false
	}
	rest := text[8:]
	if rest[0] == '.' {
		digits := 1
		for digits < len(rest) && isDigit(rest[digits]) {
			digits++
		}
		if digits == 1 {
			return false
		}
		rest = rest[digits:]
	}
	offset, ok := offsetMinutes(rest)
	if !ok {
		return false
	}
	const day = 24 * 60
	return second < 60 || (60*hour+minute-offset+day)%day == day-1
}

// offsetMinutes reads a time-offset: Z, or the minutes by which a clock is ahead of UTC.
func offsetMinutes(text string) (minutes int, ok bool) {
	if len(text) == 1 {
		return 0, text[0]|0x20 == 'z'
	}
	if len(text) != 6 || text[3] != ':' || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	hour, ok1 := twoDigits(text[1:])
	minute, ok2 := twoDigits(text[4:])
	minutes = 60*hour + minute
	if text[0] == '-' {
		minutes = -minutes
	}
	return minutes, ok1 && ok2 && hour <= 23 && minute <= 59
}

// twoDigits reads the number at the beginning of a text of at least two bytes.
func twoDigits(text string) (number int, ok bool) {
	return 10*int(text[0]-'0') + int(text[1]-'0'), isDigit(text[0]) && isDigit(text[1])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
