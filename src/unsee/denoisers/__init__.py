"""Model families behind one seam: base.py is the seam, and each other file is one family."""
