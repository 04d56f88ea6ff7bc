# The table of popresearch.bench_estimates by R's survey package: Rscript bench_estimates.R FLAT.csv SHARES.csv
# Prints the seconds from the table in memory to shares with their standard errors.
suppressMessages(library(survey))
paths <- commandArgs(trailingOnly = TRUE)
answers <- as.data.frame(data.table::fread(paths[1]))

questions <- unique(sub("_.*", "", grep("^q", names(answers), value = TRUE)))

of_question <- function(question) {
  items <- grep(paste0("^", question, "_"), names(answers), value = TRUE)
  base <- answers[!is.na(answers[[items[1]]]), c("strand", "country", "organisation", "w", items)]
  design <- svydesign(ids = ~organisation, strata = ~ interaction(strand, country), weights = ~w, data = base, nest = TRUE)
  found <- svyby(reformulate(items), ~ strand + country, design, svymean)
  data.frame(found[rep(seq_len(nrow(found)), length(items)), c("strand", "country")],
    item = rep(items, each = nrow(found)), share = unlist(found[items]),
    se = unlist(found[paste0("se.", items)])
  )
}

options(survey.lonely.psu = "adjust")
started <- proc.time()[["elapsed"]]
shares <- do.call(rbind, lapply(questions, of_question))
cat(proc.time()[["elapsed"]] - started, "\n")
write.csv(shares, paths[2], row.names = FALSE)
