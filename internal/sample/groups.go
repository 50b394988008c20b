package sample

// A spread is a mean and a standard deviation.
type spread struct{ mean, dev int }

// at returns the value z thousandths of a standard deviation above the mean.
func (s spread) at(z int) int { return s.mean + s.dev*z/1000 }

// A group is one kind of customer. Every list is in thousandths, 1000 in all.
type group struct {
	name      string
	share     int    // of all customers
	born      spread // year
	income    spread // a year
	spent     spread // on all products in two years; skewed to the right
	enrolled  spread // days after firstDay
	kids      [3]int // no, one, two small children at home
	teens     [3]int // no, one, two teenagers at home
	education [5]int // in the order of educations
	marital   [8]int // in the order of maritals
	products  [6]int // wines, fruits, meat, fish, sweets, gold
}

var (
	educations = [...]string{"Basic", "2n Cycle", "Graduation", "Master", "PhD"}
	maritals   = [...]string{"Married", "Together", "Single", "Divorced", "Widow", "Alone", "Absurd", "YOLO"}
)

// groups are the clusters that a clustering should find again.
var groups = [...]group{
	{
		name: "affluent without children", share: 200,
		born: spread{1962, 10}, income: spread{79000, 7000}, spent: spread{1420, 300}, enrolled: spread{360, 180},
		kids: [3]int{1000, 0, 0}, teens: [3]int{970, 30, 0}, education: [5]int{0, 80, 550, 150, 220},
		marital:  [8]int{390, 280, 220, 80, 27, 0, 2, 1},
		products: [6]int{430, 55, 325, 80, 55, 55},
	},
	{
		name: "comfortable parents of teenagers", share: 210,
		born: spread{1958, 6}, income: spread{62000, 6000}, spent: spread{780, 220}, enrolled: spread{270, 150},
		kids: [3]int{930, 70, 0}, teens: [3]int{40, 920, 40}, education: [5]int{0, 60, 460, 190, 290},
		marital:  [8]int{400, 270, 150, 130, 47, 1, 1, 1},
		products: [6]int{600, 30, 200, 45, 35, 90},
	},
	{
		name: "families on a middle income", share: 200,
		born: spread{1967, 6}, income: spread{44000, 6000}, spent: spread{190, 100}, enrolled: spread{330, 170},
		kids: [3]int{60, 880, 60}, teens: [3]int{30, 920, 50}, education: [5]int{10, 90, 480, 180, 240},
		marital:  [8]int{410, 270, 170, 130, 17, 1, 1, 1},
		products: [6]int{570, 25, 225, 40, 30, 110},
	},
	{
		name: "young families with small children", share: 230,
		born: spread{1980, 5}, income: spread{27000, 6000}, spent: spread{85, 50}, enrolled: spread{350, 170},
		kids: [3]int{110, 870, 20}, teens: [3]int{980, 20, 0}, education: [5]int{70, 130, 530, 160, 110},
		marital:  [8]int{390, 280, 240, 84, 2, 1, 1, 2},
		products: [6]int{330, 75, 270, 100, 75, 150},
	},
	{
		name: "thrifty newcomers", share: 160,
		born: spread{1953, 6}, income: spread{39000, 6000}, spent: spread{160, 80}, enrolled: spread{570, 80},
		kids: [3]int{980, 20, 0}, teens: [3]int{900, 100, 0}, education: [5]int{40, 100, 520, 150, 190},
		marital:  [8]int{360, 230, 150, 130, 125, 3, 1, 1},
		products: [6]int{500, 40, 240, 60, 40, 120},
	},
}
