package refine

// luhn reports whether the digits of a card number have the right check digit (ISO/IEC 7812-1): the
// sum of the digits, every second from the right doubled, is a multiple of ten.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// chineseID reports whether 18 characters are a Chinese identity number (GB 11643): six digits of a
// region, a date of birth, a serial number, and the check character of ISO 7064 MOD 11-2.
func chineseID(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum := 0
	for i := range 17 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum = (sum + int(s[i]-'0')) * 2 % 11
	}
	const checks = "0123456789X"
	check := s[17]
	if check == 'x' {
		check = 'X'
	}
	year, month, day := s[6:10], s[10:12], s[12:14]
	return checks[(12-sum)%11] == check && s[0] != '0' && year >= "1900" && year <= "2099" &&
		month >= "01" && month <= "12" && day >= "01" && day <= "31"
}
