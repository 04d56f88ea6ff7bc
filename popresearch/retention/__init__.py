"""What was promised to those who answered: files of answers have a last day, are deleted for good, and who withdraws is forgotten.

`places` says where answers are, `received` keeps the ledger of files, `purging` deletes, `kept` holds what remains of a release,
`certificate` signs, `forgetting` takes a service out. `received` and `kept` load no heavy package, since every run asks them.
"""
