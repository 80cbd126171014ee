"""The seam: what unsee asks of a model.

base.py        what every family answers
condition.py   prompts, in three steps
schedule.py    how noise comes and goes
samplers.py    their names
places.py      what each parameter is for
exchange.py    other parameters in the place of a network's own
"""
