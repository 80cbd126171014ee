"""The verbs of the command line, one file each: a dataclass of options and the function it feeds.

erase.py      a phrase and a model -> a file of changed weights
generate.py   prompts -> pictures
compare.py    erased files -> a sheet of before and after
show.py       the header of an erased file, in words
export.py     an erased file -> a model or a LoRA that other tools load
card.py       an erased file -> a folder with its model card
push.py       that folder -> a commit on the hub
list.py       the names that other commands take
demo.py       one artist erased from emoji, shown and measured
ui.py         the page in the browser
bench.py      the experiments
report.py     results as pages
study.py      the user study
emoji.py      the embedded model, measured or made again

options.py    what several commands share in their options
console.py    what they say while they work and when they are done

The heavy imports stand inside the functions: `unsee --help` and a mistyped option cost no torch.
"""
