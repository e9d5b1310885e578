"""The engine on photographs of the ten test statues, measured by `statue-recon evaluate`.

    .venv/bin/python -m bench.statues photos                         renders them (Cycles, a few seconds each)
    .venv/bin/python -m bench.statues run --out after.json           runs the engine: table, JSON, contact sheet
    .venv/bin/python -m bench.statues run --root OTHER --out before.json         the same of another checkout
    .venv/bin/python -m bench.statues compare before.json after.json

Run from the root of the repository. Everything lies in .cache/bench/statues and is kept: what was interrupted goes on
where it stopped, and what was done with the same settings and the same code is not done again.
"""
