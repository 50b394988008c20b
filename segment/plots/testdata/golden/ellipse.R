# Writes ellipse.json: corners of the concentration ellipse of the points, as
# dataEllipse of R's package car and stat_ellipse(type = "norm") of ggplot2 have it:
# radius sqrt(2 * qf(level, 2, n - 1)), around the mean, behind the Cholesky factor of
# cov(). R 4.2, base packages alone: Rscript ellipse.R > ellipse.json
n <- 12
x <- c(1.5, 2, 2.2, 3.1, 4, 4.4, 5, 5.9, 6.1, 7.3, 8, 9.2)
y <- c(210, 180, 260, 240, 300, 280, 350, 310, 390, 400, 380, 455)
p <- cbind(x, y)
angles <- 2 * pi * c(0, 16, 32, 48) / 64
circle <- cbind(cos(angles), sin(angles))
one <- function(level) {
  radius <- sqrt(2 * qf(level, 2, n - 1))
  corners <- t(colMeans(p) + t(radius * circle %*% chol(cov(p))))
  paste0('{"level": ', level, ', "corners": [', paste(sprintf("[%.12g, %.12g]", corners[, 1], corners[, 2]), collapse = ", "), "]}")
}
pairs <- paste(sprintf("[%g, %g]", x, y), collapse = ", ")
cat('{"points": [', pairs, '],\n "ellipses": [', paste(sapply(c(0.5, 0.8, 0.95), one), collapse = ",\n  "), "]}\n", sep = "")
