"""What erasures remove and what they leave, as UnlearnCanvas counts it.

canvas.py        one erasure: UA, IRA, CRA
run.py           concepts by lot, erased in turn
table.py         rows -> a table
outcome.py       the table as an experiment's outcome
emoji_check.py   whether the embedded model and its judge meet their bar
"""
