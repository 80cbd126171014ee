"""An attack."""


def ask_again():
    """Ask for the concept once more."""
