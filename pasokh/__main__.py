"""`python -m pasokh`."""

from pasokh.cli import main

if __name__ == "__main__":
    main()
