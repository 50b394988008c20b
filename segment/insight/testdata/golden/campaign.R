# Writes campaign.json: bootstrap stability (fpc::clusterboot) and gap statistic
# (cluster::clusGap) of the public marketing campaign file, prepared as in
# testdata/golden/campaign.py at the root of the repository.
#
#     apt-get install r-base-core r-cran-cluster r-cran-fpc r-cran-jsonlite
#     Rscript campaign.R DATA_FILE > campaign.json
#
# DATA_FILE is the tab-separated marketing_campaign.csv. It takes a minute.

suppressPackageStartupMessages({
  library(cluster)
  library(fpc)
  library(jsonlite)
})

raw <- read.delim(commandArgs(TRUE)[1])
day <- as.Date(raw$Dt_Customer, "%d-%m-%Y")
x <- cbind(
  age = 2015 - raw$Year_Birth,
  spent = rowSums(raw[grep("^Mnt", names(raw))]),
  tenure = 12 * (2015 - as.integer(format(day, "%Y"))) + 1 - as.integer(format(day, "%m")),
  children = raw$Kidhome + raw$Teenhome,
  income = raw$Income
)
x <- x[x[, "age"] <= 100 & (is.na(x[, "income"]) | x[, "income"] <= 120000), ]
x[is.na(x[, "income"]), "income"] <- median(x[, "income"], na.rm = TRUE)
n <- nrow(x)
scaled <- scale(x, scale = apply(x, 2, sd) * sqrt((n - 1) / n))
z <- prcomp(scaled)$x[, 1:3]

fit <- function(x, k) kmeans(x, k, iter.max = 300, nstart = 20, algorithm = "MacQueen")
set.seed(1)
g <- clusGap(z, fit, K.max = 10, B = 40, d.power = 2, spaceH0 = "scaledPCA", verbose = FALSE)

cbi <- function(data, k) {
  f <- fit(data, k)
  list(result = f, nc = k, clusterlist = lapply(1:k, function(j) f$cluster == j), partition = f$cluster, clustermethod = "kmeans")
}
stability <- lapply(2:6, function(k) {
  b <- clusterboot(z, B = 100, bootmethod = "boot", clustermethod = cbi, k = k, count = FALSE, seed = k)
  size <- order(-tabulate(b$partition))
  list(k = k, sizes = tabulate(b$partition)[size], mean = b$bootmean[size], sd = apply(b$bootresult, 1, sd)[size], runs = b$B)
})

cat(toJSON(list(
  made_by = paste0("campaign.R, ", R.version.string, ", fpc ", packageVersion("fpc"), ", cluster ", packageVersion("cluster")),
  rows = n,
  gap = list(runs = g$B, log_w = g$Tab[, "logW"], gap = g$Tab[, "gap"], se = g$Tab[, "SE.sim"],
             k = maxSE(g$Tab[, "gap"], g$Tab[, "SE.sim"], method = "Tibs2001SEmax")),
  stability = stability
), digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n", sep = "")
