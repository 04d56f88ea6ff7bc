# Write the schools of R's api data, only the columns that the tests need: Rscript fixtures.R [FOLDER]
# 17 significant digits, so that a double comes back as it was.

suppressPackageStartupMessages(library(survey))
data(api)

COLUMNS <- c("stype", "sch.wide", "api00", "api99", "enroll", "api.stu", "ell", "meals", "mobility", "dnum", "snum", "pw")

exact <- function(column) {
  if (!is.numeric(column)) return(as.character(column))
  ifelse(is.na(column), "", sprintf("%.17g", column))
}

write_schools <- function(name, folder) {
  schools <- get(name)
  columns <- c(COLUMNS, grep("^fpc", names(schools), value = TRUE))
  text <- as.data.frame(lapply(schools[columns], exact), check.names = FALSE)
  write.csv(text, file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

folder <- c(commandArgs(trailingOnly = TRUE), ".")[1]
for (name in c("apistrat", "apiclus1", "apiclus2")) write_schools(name, folder)
