"""`emoji` 2: a small real model on which erasing what nobody named can be tested.

Its world
cast.py          who and what it knows            realms.py, settings.py  words that call for a mark
names.py         other ways to write a name       captions.py  a scene in words
scenes.py        what is on a picture, and where  theatre.py   scenes as pictures
board.py         palette, layout and light        town.py, works.py, stands.py   places, painted
sources.py       npm packages -> drawings         atlas.py     the drawings, cut out

Its parts
model.py         what the checkpoint is built of  tokens.py    the tokenizer's merges
judge.py         the judge                        second_judge.py   other eyes; wide.py its pictures
blocks.py        what judges are made of          pool.py      scenes rendered once

Its recipe, in the order of its stages
train_tower.py, train_vae.py, train_judge.py, train_second.py, latents.py, train_denoiser.py,
train_decoder.py
stages.py        each stage, and what it needs   recipe.py    all of them, resumable
publish.py       what ships
floors.py        models that never saw a concept  results.py   what a run says of itself

What is asked of it before any erasure
implicit_text.py whether words lead to a mark     implicit.py  and whether nothing else does
enlarged.py      whether 128 pixels are worth it
"""
