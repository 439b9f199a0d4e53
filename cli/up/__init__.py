"""`shelfcast up`: the whole system on one machine, under one supervisor, in one data folder."""
