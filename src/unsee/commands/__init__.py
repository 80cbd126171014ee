"""The verbs of the command line, one file each: a dataclass of options and the function it feeds.

The heavy imports stand inside the functions: `unsee --help` and a mistyped option cost no torch.
"""
