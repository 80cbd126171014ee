"""Cannot be imported."""

import a_module_that_is_not_installed

RUST = ESD = a_module_that_is_not_installed
