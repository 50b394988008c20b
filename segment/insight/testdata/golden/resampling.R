# Writes resampling.json: bootstrap stability of R's fpc::clusterboot and the gap
# statistic of R's cluster::clusGap.
#
#     apt-get install r-base-core r-cran-cluster r-cran-fpc r-cran-jsonlite
#     Rscript resampling.R > resampling.json

suppressPackageStartupMessages({
  library(cluster)
  library(fpc)
  library(jsonlite)
})

set.seed(1)
blob <- function(n, x, y, sd) cbind(rnorm(n, x, sd), rnorm(n, y, sd))
# Three blobs, two of which touch.
x <- rbind(blob(40, 0, 0, 1), blob(30, 3, 1, 0.8), blob(50, -1, 8, 1.2))
x <- round(x %*% rbind(c(1, 0.5), c(-0.3, 1)), 6)
n <- nrow(x)

# clusterboot calls this with the rows and, as a last column, their number: what
# it saw is kept, so that each similarity can be computed again.
seen <- list()
numbered <- function(data, k, nstart) {
  rows <- data[, ncol(data)]
  fit <- kmeans(data[, -ncol(data)], k, iter.max = 100, nstart = nstart)
  seen[[length(seen) + 1]] <<- list(rows = rows - 1, partition = unname(fit$cluster) - 1)
  list(result = fit, nc = k, clusterlist = lapply(1:k, function(j) fit$cluster == j),
       partition = fit$cluster, clustermethod = "kmeans")
}

stability <- lapply(2:5, function(k) {
  seen <<- list()
  b <- clusterboot(cbind(x, 1:n), B = 200, bootmethod = "boot", clustermethod = numbered, k = k,
                   nstart = 20, count = FALSE, seed = k)
  list(k = k, partition = seen[[1]]$partition, resamples = seen[2:21], similarity = t(b$bootresult[, 1:20]),
       mean = b$bootmean, sd = apply(b$bootresult, 1, sd), recovered = b$bootrecover, dissolved = b$bootbrd, runs = b$B)
})

set.seed(2)
g <- clusGap(x, kmeans, K.max = 6, B = 400, d.power = 2, spaceH0 = "scaledPCA", verbose = FALSE, nstart = 20, iter.max = 100)
gap <- list(runs = g$B, log_w = g$Tab[, "logW"], expected = g$Tab[, "E.logW"], gap = g$Tab[, "gap"], se = g$Tab[, "SE.sim"],
            k = maxSE(g$Tab[, "gap"], g$Tab[, "SE.sim"], method = "Tibs2001SEmax"))

# The rule alone.
set.seed(3)
rule <- lapply(1:30, function(i) {
  f <- round(cumsum(rnorm(8, 0.05, 0.1)), 4)
  se <- round(runif(8, 0, 0.1), 4)
  list(gap = f, se = se, k = maxSE(f, se, method = "Tibs2001SEmax"))
})

cat(toJSON(list(
  made_by = paste0("resampling.R, ", R.version.string, ", fpc ", packageVersion("fpc"), ", cluster ", packageVersion("cluster")),
  x = x, stability = stability, gap = gap, rule = rule
), digits = NA, auto_unbox = TRUE), "\n", sep = "")
