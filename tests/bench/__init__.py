"""A benchmark: each figure beside a yardstick that is measured in the same run, in turns. `make bench` runs it."""
