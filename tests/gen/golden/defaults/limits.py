BURST = 4
UNIT = "seconds"
