# What every script here shares: the package, how a figure is printed, and figures that several jobs give.

suppressPackageStartupMessages(library(survey))

# Print one line a figure: JOB|FIGURE|value. A figure that is no number is a fault of the script, not a result.
say <- function(job, ...) {
  figures <- c(...)
  if (!all(is.finite(figures))) stop(job, ": not a number: ", toString(names(figures)[!is.finite(figures)]))
  cat(sprintf("%s|%s|%.15g\n", job, names(figures), figures), sep = "")
}

# Standard errors, with what is only rounding (a total that the weights fix) set to zero.
se_of <- function(statistic) {
  se <- as.numeric(SE(statistic))
  ifelse(se < 1e-12 * abs(as.numeric(coef(statistic))), 0, se)
}

# Estimate and standard error of a single statistic, without R's own names.
est_se <- function(statistic) c(est = as.numeric(coef(statistic))[1], se = se_of(statistic)[1])

# Bounds by Student's t with the design's degrees of freedom; confint alone would take the normal distribution.
bounds <- function(statistic, df) {
  ends <- as.numeric(confint(statistic, df = df))
  c(lo = ends[1], hi = ends[2], df = df)
}

# Interval of a proportion by one of svyciprop's methods; logit estimates by iteration, so `est` is good to about 1e-9.
interval <- function(formula, design, method) {
  share <- svyciprop(formula, design, method = method, df = degf(design))
  c(est = as.numeric(share), lo = attr(share, "ci")[[1]], hi = attr(share, "ci")[[2]], df = degf(design))
}

# Pearson's test with the correction of Rao and Scott: F (second order, the default) and chi squared (first order).
rao_scott <- function(job, formula, design) {
  f <- svychisq(formula, design, statistic = "F")
  say(paste0(job, ".F"), F = f$statistic[[1]], ndf = f$parameter[[1]], ddf = f$parameter[[2]], p = f$p.value[[1]])
  chisq <- svychisq(formula, design, statistic = "Chisq")
  say(paste0(job, ".C"), X = chisq$statistic[[1]], df = chisq$parameter[[1]], p = chisq$p.value[[1]])
}
