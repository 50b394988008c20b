package gallery

// The titles and readings of the charts; a translation is another file.
const (
	titleSizes         = "How large the tiers are"
	readingSizes       = "%s has %s of the customers and brings %s of what is spent."
	titleSpread        = "Distribution of %s"
	readingSpread      = "The median of %s is %s; half of them lie between %s and %s."
	titleProducts      = "Average spending by product"
	readingProducts    = "%s spend most on %s, %s in two years."
	titleByAge         = "Average spending by age group"
	titleByMarital     = "Average spending by marital status"
	readingHighest     = "It is highest for %s, with %s, and lowest for %s, with %s."
	titleAges          = "Age groups"
	readingAges        = "The largest group is %s, with %s of %s."
	titleFamily        = "Relationship, education and children, sized by spending"
	readingFamily      = "From the inside: relationship, education, children. %s bring %s of what is spent."
	titleChannels      = "Purchases by channel"
	readingChannels    = "%s buy most often in %s, %s times in two years."
	titleCampaigns     = "Acceptance of the six campaigns"
	readingCampaigns   = "%s answered %s best: %s of them accepted."
	titleIncome        = "Income against spending"
	readingIncome      = "Customers with more income spend more: the correlation is %s."
	readingIncomeNone  = "Income and spending hardly go together: the correlation is %s."
	titleElbow         = "How many clusters: the elbow"
	readingElbow       = "With every further cluster customers lie closer to their centre; after %d that is hardly worth it."
	readingElbowNone   = "With every further cluster customers lie closer to their centre; the curve has no clear knee, and %d clusters were taken."
	titleSilhouette    = "How well customers sit in their clusters"
	readingSilhouette  = "1 would be far from every other cluster, 0 on the border between two; the mean of all is %s."
	titleProfile       = "What sets the tiers apart"
	readingProfile     = "Difference of each tier's mean from that of everybody, in standard deviations."
	readingNobody      = "There are no customers in this tier."
	titleApart         = "What sets %s apart, in figures"
	readingApart       = "Difference of the mean of %s from that of everybody, in standard deviations."
	axisShare          = "share"
	axisSpending       = "average spending in two years"
	axisPurchases      = "average number of purchases in two years"
	axisAccepted       = "share that accepted"
	axisInertia        = "sum of squared distances"
	axisSilhouette     = "mean silhouette"
	axisDeviations     = "standard deviations from the average of everybody"
	wordEverybody      = "everybody"
	wordOthers         = "all tiers"
	wordNoChildren     = "no children"
	wordChildren       = "%s at home"
	wordClusters       = "number of clusters"
	wordOfCustomers    = "of customers"
	wordOfSpending     = "of spending"
	wordCluster        = "cluster"
	headRelationship   = "relationship, education, children"
	wordCustomersOf    = "%s customers"
	wordAllCustomers   = "All customers"
	wordAllLower       = "all customers"
	wordFigure         = "figure"
	wordMeanSpending   = "mean spending"
	wordSpendingTwoYrs = "spending in two years"
)

var products = []struct{ column, label string }{
	{"mnt_wines", "wine"}, {"mnt_meat_products", "meat"}, {"mnt_gold_prods", "gold products"}, {"mnt_fish_products", "fish"}, {"mnt_sweet_products", "sweets"}, {"mnt_fruits", "fruit"},
}

var channels = []struct{ column, label string }{
	{"num_store_purchases", "shops"}, {"num_web_purchases", "the web"}, {"num_catalog_purchases", "the catalogue"}, {"num_deals_purchases", "at a discount"},
}

var campaigns = []struct{ column, label string }{
	{"accepted_cmp1", "campaign 1"}, {"accepted_cmp2", "campaign 2"}, {"accepted_cmp3", "campaign 3"}, {"accepted_cmp4", "campaign 4"}, {"accepted_cmp5", "campaign 5"}, {"response", "the last one"},
}
