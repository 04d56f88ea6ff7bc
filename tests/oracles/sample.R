# Figures of R's survey package on answers by country and organisation. Run in this folder: Rscript sample.R ANSWERS.csv
# Columns: country, organisation, perhaps region; every other column is an item: 1 chosen, 0 not, blank outside the base.
# What each line means, and what R does that surprises: README.md.

source("say.R")

KEYS <- c("country", "organisation", "region")

read_answers <- function(path) {
  answers <- read.csv(path, na.strings = "", check.names = FALSE)
  for (key in intersect(KEYS, names(answers))) answers[[key]] <- ifelse(is.na(answers[[key]]), "-", answers[[key]])
  answers
}

in_base <- function(answers, item) {
  own <- answers[!is.na(answers[[item]]), ]
  own$y <- own[[item]]
  own
}

of_countries <- function(rows, weights = ~1) svydesign(ids = ~country, weights = weights, data = rows)

share <- function(job, design) {
  say(job, est_se(svymean(~y, design)), degf = degf(design), n = nrow(design))
}

linearised <- function(name, rows) {
  design <- of_countries(rows)
  share(paste0(name, ".share"), design)
  say(paste0(name, ".deff.replace"), deff = deff(svymean(~y, design, deff = "replace"))[[1]])
  for (method in c("logit", "beta")) say(paste0(name, ".ciprop.", method), interval(~y, design, method))
}

# The same share when the countries outside the base stay in the design, as subset() has it.
as_domain <- function(name, answers, item) {
  answers$y <- answers[[item]]
  share(paste0(name, ".share.domain"), subset(of_countries(answers), !is.na(y)))
}

jackknifed <- function(name, rows) {
  for (mse in c(FALSE, TRUE)) {
    replicates <- as.svrepdesign(of_countries(rows), type = "JK1", mse = mse)
    say(sprintf("%s.JK1.mse%s", name, if (mse) "TRUE" else "FALSE"), est_se(svymean(~y, replicates)))
  }
}

each_organisation_once <- function(name, rows) {
  responses <- table(paste(rows$country, rows$organisation))
  rows$weight <- 1 / as.numeric(responses[paste(rows$country, rows$organisation)])
  design <- of_countries(rows, ~weight)
  share(paste0(name, ".byorganisation.share"), design)
  replicates <- as.svrepdesign(design, type = "JK1", mse = FALSE)
  say(paste0(name, ".byorganisation.JK1.mseFALSE"), est_se(svymean(~y, replicates)))
  say(paste0(name, ".byorganisation.ciprop.logit"), interval(~y, design, "logit"))
}

mean_of_countries <- function(name, rows) {
  shares <- aggregate(y ~ country, rows, mean)
  mean <- svymean(~y, svydesign(ids = ~1, weights = ~1, data = shares))
  say(paste0(name, ".bycountry.mean"), est_se(mean), bounds(mean, nrow(shares) - 1), n = nrow(shares))
}

# A region's share, once as a domain of the whole design and once as if its countries alone had been drawn.
by_region <- function(name, rows) {
  design <- of_countries(rows)
  for (place in setdiff(sort(unique(rows$region)), "-")) {
    job <- paste0(name, ".region.", place)
    share(paste0(job, ".domain"), subset(design, region == place))
    alone <- of_countries(rows[rows$region == place, ])
    share(paste0(job, ".alone"), alone)
    jackknifed(paste0(job, ".alone"), rows[rows$region == place, ])
  }
}

# Do regions differ? The two with most answers set against each other, and a test over all of them.
regions_apart <- function(name, rows) {
  rows <- rows[rows$region != "-", ]
  rows$region <- factor(rows$region)
  largest <- names(sort(table(rows$region), decreasing = TRUE))[1:2]
  contrast <- (levels(rows$region) == largest[1]) - (levels(rows$region) == largest[2])
  shares <- svyby(~y, ~region, of_countries(rows), svymean, covmat = TRUE)
  difference <- svycontrast(shares, setNames(contrast, levels(rows$region)))
  say(sprintf("%s.diff.%s.%s", name, largest[1], largest[2]), est_se(difference))
  rao_scott(paste0(name, ".and.region.chisq"), ~ y + region, of_countries(rows))
}

associated <- function(first, second, answers) {
  rows <- answers[!is.na(answers[[first]]) & !is.na(answers[[second]]), ]
  rows$first <- rows[[first]]
  rows$second <- rows[[second]]
  rao_scott(sprintf("%s.and.%s.chisq", first, second), ~ first + second, of_countries(rows))
}

answers <- read_answers(commandArgs(trailingOnly = TRUE)[1])
items <- setdiff(names(answers), KEYS)
for (item in items) {
  rows <- in_base(answers, item)
  linearised(item, rows)
  as_domain(item, answers, item)
  jackknifed(item, rows)
  each_organisation_once(item, rows)
  mean_of_countries(item, rows)
  if ("region" %in% names(rows)) {
    by_region(item, rows)
    regions_apart(item, rows)
  }
}
for (place in seq_along(items)[-1]) associated(items[place - 1], items[place], answers)
