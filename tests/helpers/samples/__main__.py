"""``python -m tests.helpers.samples --people 60 --seed 1 --out DIR``."""

import argparse
from pathlib import Path

from tests.helpers import samples

p = argparse.ArgumentParser(
    description=samples.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
p.add_argument("--people", type=int, default=60)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--out", type=Path, required=True)
a = p.parse_args()
samples.make_samples(a.out, a.people, a.seed)
