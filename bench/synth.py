"""What a synthetic statue costs: .venv/bin/python bench/synth.py [COUNT] [GRID]

Makes the statues 0 … COUNT − 1 (40) of seed 1 at GRID (192) in this process and prints, as JSON, the processor seconds
of each kind: all of it, and how much of that precedes the volume (who, dress, pieces). Baseline, the first 14 at 192 on
2 cores: 2.39 s before each piece was asked only where it can matter, 1.97 s after, 1.77 s with fewer cells for what is
as wide as it is high.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict

from statue_recon.dataset.synth import make
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.recipe import Lot
from statue_recon.dataset.synth.run import Settings


def main(count: int, grid: int) -> None:
    settings = Settings(1, grid, 30_000, 0.0, str(humans_folder()))
    make.make(settings, 0)  # compiles and reads what all share
    whole, before = defaultdict(list), defaultdict(list)
    for number in range(count):
        began = time.process_time()
        statue = make.make(settings, number)
        done = time.process_time()
        make.subject(settings, Lot(settings.seed, number), None)
        kind = statue.recipe["kind"]
        whole[kind].append(done - began)
        before[kind].append(time.process_time() - done)
    every = [seconds for kind in whole.values() for seconds in kind]
    measured = {
        "statues": count,
        "grid": grid,
        "cpu_seconds": {"mean": statistics.mean(every), "slowest": max(every)},
        "kinds": {kind: summary(whole[kind], before[kind]) for kind in sorted(whole)},
    }
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")


def summary(whole: list[float], before: list[float]) -> dict[str, float]:
    return {"count": len(whole), "mean": statistics.mean(whole), "pieces": statistics.mean(before)}


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(given[0] if given else 40, given[1] if len(given) > 1 else 192)
