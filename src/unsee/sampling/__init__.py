"""From noise to pictures: Eq. 3 of Gandikota et al. 2023 and the loop around it.

guidance.py     rules that combine predictions
trajectory.py   the sampling loop, for drawing and for training
folder.py       a prompt set into a folder
"""
