"""The list of real models, for parametrising tests."""

import fetch_corpus

ROWS = {row["name"]: row for row in fetch_corpus.read_list()
        if row["role"] == "model"}
NAMES = list(ROWS)

DATA_FILES = {}
for _row in fetch_corpus.read_list():
    if _row["role"] != "model":
        DATA_FILES.setdefault(fetch_corpus.owner(_row),
                              []).append(_row["name"])
