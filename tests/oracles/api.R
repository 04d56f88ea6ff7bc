# Figures of R's survey package on its own api data. Run in this folder: Rscript api.R > api.txt
# What each line means, and what R does that surprises: README.md.

source("say.R")
data(api)

STYPE <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
SCH_WIDE <- data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))
TIGHT <- list(maxit = 200, epsilon = 1e-13) # rake stops by default when no cell changes by more than 1

# Least and largest weight allowed, chosen so that schools lie outside on both sides.
TRIM <- list(strat = c(18, 40), clus2 = c(20, 120), raked = c(30, 50))

with_yes <- function(schools) transform(schools, yes = as.numeric(sch.wide == "Yes"))
strat <- with_yes(apistrat)
clus1 <- with_yes(apiclus1)
clus2 <- with_yes(apiclus2)

DESIGNS <- list(
  strat = svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat),
  stratnf = svydesign(ids = ~1, strata = ~stype, weights = ~pw, data = strat),
  clus1 = svydesign(ids = ~dnum, weights = ~pw, fpc = ~fpc, data = clus1),
  clus1nf = svydesign(ids = ~dnum, weights = ~pw, data = clus1),
  clus2 = svydesign(ids = ~dnum + snum, fpc = ~fpc1 + fpc2, data = clus2),
  clus2nf = svydesign(ids = ~dnum, weights = ~pw, data = clus2)
)

mean_api <- function(name, design) {
  mean <- svymean(~api00, design)
  say(paste0(name, ".mean.api00"), est_se(mean), bounds(mean, degf(design)))
}

total_enroll <- function(name, design) {
  say(paste0(name, ".total.enroll"), est_se(svytotal(~enroll, design, na.rm = TRUE)))
}

proportions <- function(name, design) {
  stype <- svymean(~stype, design)
  shares <- setNames(c(coef(stype), se_of(stype)), c("E", "H", "M", "seE", "seH", "seM"))
  say(paste0(name, ".prop.stype"), shares)
  schwide <- svymean(~yes, design)
  say(paste0(name, ".prop.schwide"), Yes = coef(schwide)[[1]], se = se_of(schwide))
}

design_effects <- function(name, design) {
  for (reference in c("fpc", "replace")) {
    how <- if (reference == "fpc") TRUE else "replace"
    effects <- deff(svymean(~ api00 + yes, design, deff = how))
    say(paste0(name, ".deff.", reference), setNames(effects, c("api00", "schwide")))
  }
}

intervals <- function(name, design) {
  for (method in c("logit", "beta", "mean")) {
    say(paste0(name, ".ciprop.", method), interval(~yes, design, method))
  }
}

domains <- function(name, design) {
  labels <- c("estE", "estH", "estM", "seE", "seH", "seM")
  api <- svyby(~api00, ~stype, design, svymean)
  say(paste0(name, ".by.api00"), setNames(c(coef(api), se_of(api)), labels))
  schwide <- svyby(~yes, ~stype, design, svymean)
  say(paste0(name, ".byprop.schwide"), setNames(c(coef(schwide), se_of(schwide)), labels))
}

differences <- function(name, design) {
  E_less_H <- c(E = 1, H = -1, M = 0)
  for (item in c("api00", "yes")) {
    means <- svyby(reformulate(item), ~stype, design, svymean, covmat = TRUE)
    job <- paste0(name, ".diff.", if (item == "yes") "schwide" else item)
    say(job, est_se(svycontrast(means, E_less_H)), cov = vcov(means)["E", "H"])
  }
}

ratio <- function(design) svyratio(~api.stu, ~enroll, design, na.rm = TRUE)

median_api <- function(name, design) {
  # qrule "math": the least value at which half of the weight is reached. Interval by Woodruff, se from its width.
  median <- svyquantile(~api00, design, 0.5, qrule = "math", interval.type = "mean", df = degf(design))
  figures <- setNames(median$api00[1, ], c("est", "lo", "hi", "se"))
  say(paste0(name, ".median"), figures[c("est", "se", "lo", "hi")])
}

jackknives <- function(name, design, type) {
  for (mse in c(FALSE, TRUE)) {
    replicates <- as.svrepdesign(design, type = type, mse = mse)
    job <- sprintf("%s.%s.mse%s", name, type, if (mse) "TRUE" else "FALSE")
    say(paste0(job, ".mean.api00"), est_se(svymean(~api00, replicates)))
    say(paste0(job, ".prop.schwide"), est_se(svymean(~yes, replicates)))
    say(paste0(job, ".ratio"), est_se(ratio(replicates)))
  }
}

weighted <- function(name, design) {
  for (item in c("api00", "enroll", "yes")) {
    label <- if (item == "yes") "schwide" else item
    say(paste0(name, ".mean.", label), est_se(svymean(reformulate(item), design, na.rm = TRUE)))
    say(paste0(name, ".total.", label), est_se(svytotal(reformulate(item), design, na.rm = TRUE)))
  }
  weights <- weights(design)
  say(paste0(name, ".weights"), least = min(weights), largest = max(weights), sum = sum(weights))
}

raked <- function(design, ...) rake(design, list(~stype, ~sch.wide), list(STYPE, SCH_WIDE), ...)

# The same weights as rake gives; the standard error weighs residuals by the weights before raking, which rake does not.
calibrated <- function(design) {
  totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, sch.wideYes = 5122)
  calibrate(design, ~ stype + sch.wide, totals, calfun = "raking", epsilon = 1e-13, maxit = 200)
}

adjusted <- function(name, design) {
  weighted(paste0(name, ".ps"), postStratify(design, ~stype, STYPE))
  weighted(paste0(name, ".rake"), raked(design, control = TIGHT))
  weighted(paste0(name, ".rakedefault"), raked(design))
  weighted(paste0(name, ".calrake"), calibrated(design))
}

trimmed <- function(name, design, limits) {
  for (strict in c(FALSE, TRUE)) {
    lighter <- trimWeights(design, lower = limits[1], upper = limits[2], strict = strict)
    job <- paste0(name, if (strict) ".trimstrict" else ".trim")
    say(job, lower = limits[1], upper = limits[2])
    say(paste0(job, ".mean.api00"), est_se(svymean(~api00, lighter)))
    say(paste0(job, ".prop.schwide"), est_se(svymean(~yes, lighter)))
    weights <- weights(lighter)
    say(paste0(job, ".weights"), least = min(weights), largest = max(weights), sum = sum(weights))
  }
}

for (name in names(DESIGNS)) {
  design <- DESIGNS[[name]]
  mean_api(name, design)
  total_enroll(name, design)
  proportions(name, design)
  design_effects(name, design)
  intervals(name, design)
  domains(name, design)
  rao_scott(paste0(name, ".chisq"), ~ sch.wide + stype, design)
  say(paste0(name, ".ratio"), est_se(ratio(design)))
  median_api(name, design)
  differences(name, design)
}
jackknives("stratnf", DESIGNS$stratnf, "JKn")
jackknives("clus1nf", DESIGNS$clus1nf, "JK1")
jackknives("clus2nf", DESIGNS$clus2nf, "JK1")
for (name in c("clus1", "clus1nf", "clus2nf")) adjusted(name, DESIGNS[[name]])
for (name in c("clus1", "clus1nf")) trimmed(paste0(name, ".rake"), raked(DESIGNS[[name]], control = TIGHT), TRIM$raked)
for (name in c("strat", "stratnf")) trimmed(name, DESIGNS[[name]], TRIM$strat)
for (name in c("clus2", "clus2nf")) trimmed(name, DESIGNS[[name]], TRIM$clus2)
