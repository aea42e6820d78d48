"""Speed, measured in one run beside loops that do less: ratios, and what they are made of. `python -m benchmarks --help`."""
