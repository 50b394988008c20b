# Scores and segments of the R package rfm for the customers of rfm.csv.
#
#   Rscript testdata/any/reference.R [FOLDER]      # in the root of the repository
#
# FOLDER holds the R files of the package (its folder R) where it is not installed;
# of these, only what it needs is read. Writes testdata/any/rfm_segments.csv. The
# bounds of the segments are those of the package's introduction.

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) == 0) {
  library(rfm)
} else {
  suppressPackageStartupMessages({
    library(dplyr)
    library(magrittr)
    library(rlang)
  })
  for (f in c("utils.R", "rfm-table-transaction.R", "rfm-table-customer.R", "rfm-segment.R")) source(file.path(folder[1], f))
  set_names <- rlang::set_names
  int <- as.integer
  if (!exists("join_by")) join_by <- function(x) deparse(substitute(x)) # dplyr before 1.1
}

customers <- read.csv("testdata/any/rfm.csv", colClasses = c(id = "character"))
names(customers)[1] <- "customer_id"
result <- rfm_table_customer(
  customers[c("customer_id", "recency", "frequency", "monetary")],
  customer_id, frequency, recency, monetary, as.Date("2024-01-01")
)
segments <- rfm_segment(
  result,
  c(
    "Champions", "Potential Loyalist", "Loyal Customers", "Promising", "New Customers",
    "Can't Lose Them", "At Risk", "Need Attention", "About To Sleep", "Lost"
  ),
  c(5, 3, 2, 3, 4, 1, 1, 1, 2, 1), c(5, 5, 4, 4, 5, 2, 2, 3, 3, 1),
  c(5, 3, 2, 1, 1, 3, 2, 3, 1, 1), c(5, 5, 4, 3, 3, 4, 5, 5, 3, 5),
  c(5, 2, 2, 3, 1, 4, 4, 3, 1, 1), c(5, 5, 4, 5, 5, 5, 5, 5, 4, 5)
)
out <- segments[c("customer_id", "recency_score", "frequency_score", "monetary_score", "rfm_score", "segment")]
write.csv(out[order(out$customer_id), ], "testdata/any/rfm_segments.csv", row.names = FALSE, quote = FALSE)
