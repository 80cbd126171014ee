"""From noise to pictures: Eq. 3 of Gandikota et al. 2023 and the loop around it.

guidance.py     the equations, as pure functions
rules.py        which predictions guidance asks for, and what becomes of them
trajectory.py   the sampling loop, for drawing and for training
draw.py         pictures in memory
folder.py       a prompt set into a folder
"""
