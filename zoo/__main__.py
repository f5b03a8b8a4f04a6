"""Run zoo's commands as ``python -m zoo``."""

from ._cli import main

if __name__ == "__main__":
    main()
