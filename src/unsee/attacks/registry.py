"""The attacks there are.

ATTACKS   name -> attack; other packages bring theirs by the entry point `unsee.attacks`
"""

from typing import Any

from unsee.running.registry import Registry

ATTACKS: Registry[Any] = Registry("attack", "unsee.attacks")
