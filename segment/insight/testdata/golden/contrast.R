# Writes contrast.json: how the customers of the bundled sample without children at home
# differ from those with some. Of numbers the standardised difference of Austin (2009),
# (m1-m2)/sqrt((s1^2+s2^2)/2), of a flag and of a category, the level with the greatest,
# Cohen's h (ES.h of R's package pwr). R 4.2, base packages alone, from this folder:
# Rscript contrast.R > contrast.json
d <- read.csv("../../../../testdata/customers.csv", sep = "\t", na.strings = "")
g <- d$Kidhome + d$Teenhome == 0
h <- function(p, q) 2 * asin(sqrt(p)) - 2 * asin(sqrt(q))
line <- function(column, level, a, b, effect) sprintf('{"column": "%s", "level": "%s", "value": %.12g, "from": %.12g, "effect": %.12g}', column, level, a, b, effect)
out <- c()
for (column in c("Income", "MntWines", "Recency", "NumWebVisitsMonth")) {
  a <- d[g, column]
  b <- d[!g, column]
  a <- a[!is.na(a)]
  b <- b[!is.na(b)]
  out <- c(out, line(tolower(column), "", mean(a), mean(b), (mean(a) - mean(b)) / sqrt((var(a) + var(b)) / 2)))
}
p <- mean(d[g, "Response"])
q <- mean(d[!g, "Response"])
out <- c(out, line("response", ">0", p, q, h(p, q)))
levels <- sort(unique(d$Education))
a <- sapply(levels, function(l) mean(d[g, "Education"] == l))
b <- sapply(levels, function(l) mean(d[!g, "Education"] == l))
i <- which.max(abs(h(a, b)))
out <- c(out, line("education", levels[i], a[i], b[i], h(a[i], b[i])))
cat('{"counts": [', sum(g), ", ", sum(!g), '],\n "differences": [', paste(out, collapse = ",\n  "), "]}\n", sep = "")
