"""`emoji` 2: a small real model on which erasing what nobody named can be tested.

Its world
    cast.py            who and what it knows
    names.py           other ways to write a name
    realms.py          places, and the words that call for a mark
    settings.py        where, when and in whose company
    captions.py        a scene in words
    scenes.py          what is on a picture, and where
    theatre.py         scenes as pictures
    board.py           palette, layout and light
    town.py            places of the town, painted
    works.py           places where things are made, painted
    stands.py          stands for things that are nowhere in particular, painted
    sources.py         npm packages -> drawings
    atlas.py           the drawings, cut out

Its parts
    model.py           what the checkpoint is built of
    tokens.py          the tokenizer's merges
    blocks.py          what judges are made of
    judge.py           the judge
    second_judge.py    other eyes
    wide.py            the pictures that those learn from
    pool.py            scenes rendered once

Its recipe, in the order of its stages
    train_vae.py       the autoencoder
    train_tower.py     the text tower
    train_judge.py     the judge
    train_second.py    the second judge
    latents.py         the pictures, encoded once
    train_denoiser.py  the U-Net
    train_decoder.py   the decoder, sharpened
    stages.py          each stage, and what it needs
    recipe.py          all of them, resumable
    publish.py         what ships
    floors.py          models that never saw a concept
    results.py         what a run says of itself
    __main__.py        the command

What is asked of it before any erasure
    implicit_text.py   whether words lead to a mark
    implicit.py        and whether nothing else does
    enlarged.py        whether 128 pixels are worth it
"""
