"""The commands of `bin/pasokh`, a module each; `pasokh.cli` loads only the one that was asked for."""
