"""Files into the catalogue and the ledger: read line by line, good lines kept, bad lines named."""
