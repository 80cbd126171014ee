"""What erasures remove and what they leave, as UnlearnCanvas counts it.

canvas.py        one erasure: UA, IRA, CRA
options.py       what a run is asked for
experiment.py    concepts by lot, erased in turn
rows.py          a row: one erasure, what is drawn to measure it, what the judge says
table.py         rows -> a table
outcome.py       the table as an experiment's outcome
emoji_check.py   whether the embedded model and its judge meet their bar
"""
