"""Pictures as people look at them.

reading.py   files as they come
sheet.py     many pictures on one sheet, with labels
compare.py   the same prompts by several models
"""
