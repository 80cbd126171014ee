"""Experiments: prompts, systems and metrics become a table.

canvas.py        what one erasure removed and what it left: UA, IRA, CRA as UnlearnCanvas has them
emoji_check.py   whether the embedded model and its judge meet their bar
"""
