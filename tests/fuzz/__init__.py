"""Hostile bytes for every parser of `wire`: nothing but its one declared error may come out.

`targets.py` names the parsers, `mutate.py` spoils good inputs. `test_fuzz.py` runs them under Hypothesis in `make test`, `cover.py`
under atheris in `make fuzz`, and `verdicts.py` has the browser's parsers judge the same bytes. What atheris kept is in `corpus/`.
"""
