"""The source keeps its own rules: layers, names, sizes, banned functions."""

import json
import pathlib
import re

import pytest

import c_source
import gen_docs

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = sorted([*ROOT.glob("src/*/*.[ch]"), *ROOT.glob("passes/*.c"),
                  *ROOT.glob("include/*.h")])
TESTS = sorted([*ROOT.glob("tests/*/*.[ch]"), *ROOT.glob("bench/*.c")])
PASS_FILES = sorted(path.stem for path in ROOT.glob("passes/*.c"))

# What a folder may include beside itself: folders, or single headers.
LAYERS = {
    "base": {"opp.h"},
    "numeric": set(),
    "ops": {"base"},
    "report": {"base", "ops/elem.h"},
    "model": {"numeric", "ops/elem.h", "base", "onnx.pb-c.h"},
    "graph": {"model", "ops", "base"},
    "facts": {"graph", "model", "numeric", "ops", "base"},
    "plan": {"facts", "graph", "ops", "numeric", "model", "report", "base"},
    "rewrite": {"facts", "graph", "ops", "numeric", "model", "report", "base"},
    "pass": {"passes/passes.def", "plan", "facts", "report", "graph", "ops",
             "numeric", "model", "base"},
    "passes": {"pass", "rewrite", "plan", "facts", "report", "graph", "ops",
               "numeric", "model", "base"},
    "api": {"opp.h", "pass", "plan", "facts", "report", "model", "graph",
            "base"},
    "cli": {"opp.h"},
    "include": set(),
}

LONGEST_FUNCTION = 80
LONGEST_FILE = 500
LONGEST_LINE = 80

# Unbounded copies, hidden state, the locale, no answer for what is no number.
BANNED = """strcpy strcat sprintf vsprintf gets scanf sscanf fscanf strtok
    atoi atol atoll atof alloca rand srand tmpnam mktemp system popen setlocale
    localtime gmtime ctime asctime""".split()
# Only where memory has no arena: owners of their own, and files.
HEAP = "malloc calloc realloc free strdup strndup".split()
HEAP_FOLDERS = {"base", "api", "model", "cli"}
# The library never prints and never exits.
TERMINAL = """printf vprintf puts putchar perror stdout stderr exit _exit
    quick_exit abort signal sigaction""".split()


def folder(path):
    return path.parent.name


def outside(*folders):
    return [path for path in SOURCES if folder(path) not in folders]


def place(path, number):
    return f"{path.relative_to(ROOT)}:{number}"


def uses_of(words, paths):
    """Where one of `words` stands in the code and is no member."""
    name = re.compile(rf"(?<![\w.>])({'|'.join(words)})\b")
    found = []
    for path in paths:
        text = re.sub(r"__attribute__\(\(.*?\)\)\)?", "",
                      c_source.code(path.read_text()))
        found += [f"{place(path, number)}: {match[1]}"
                  for number, line in enumerate(text.split("\n"), 1)
                  for match in name.finditer(line)]
    return found


def functions():
    for path in SOURCES + TESTS:
        for function in c_source.functions(path.read_text()):
            yield path, function


# ---- layers -----------------------------------------------------------------

def is_allowed(own, name):
    top = name.split("/")[0]
    return top == own or name in LAYERS[own] or top in LAYERS[own]


def test_includes_follow_the_layers():
    found = []
    for path in SOURCES:
        names = re.findall(r'^#\s*include\s+"([^"]+)"', path.read_text(), re.M)
        found += [f"{path.relative_to(ROOT)} includes {name}"
                  for name in names if not is_allowed(folder(path), name)]
    assert found == []


def test_layers_have_no_cycle():
    done = set()
    while len(done) < len(LAYERS):
        free = {name for name in LAYERS if name not in done and
                {arrow for arrow in LAYERS[name] if "/" not in arrow}
                & (set(LAYERS) - done) == set()}
        assert free, f"a cycle among {set(LAYERS) - done}"
        done |= free


def test_every_folder_has_a_layer():
    assert {folder(path) for path in SOURCES} == set(LAYERS)


def test_nobody_else_reads_payloads():
    """Weights are asked of src/model/tensor.h, never of the protobuf."""
    field = re.compile(r"(\.|->)(n_)?(raw|float|double|u?int(32|64))_data\b")
    assert [path for path in outside("model")
            if field.search(c_source.code(path.read_text()))] == []


# ---- banned words -----------------------------------------------------------

def test_no_banned_function():
    assert uses_of(BANNED, SOURCES) == []


def test_memory_comes_from_arenas():
    assert uses_of(HEAP, outside(*HEAP_FOLDERS)) == []


def test_library_neither_prints_nor_exits():
    assert uses_of(TERMINAL, outside("cli")) == []


def test_nothing_is_left_to_do():
    mark = re.compile(r"\b(TODO|FIXME|XXX)\b")
    assert [path for path in SOURCES + TESTS
            if mark.search(path.read_text())] == []


def test_words_are_found():
    """The checks above see what they are about."""
    assert uses_of(["printf", "fputs"], SOURCES) != []
    assert uses_of(["calloc"], SOURCES) != []


# ---- sizes ------------------------------------------------------------------

def test_lines_are_short():
    assert [place(path, number) for path in SOURCES + TESTS
            for number, line in enumerate(path.read_text().split("\n"), 1)
            if len(line) > LONGEST_LINE] == []


def test_files_are_short():
    assert [path for path in SOURCES + TESTS
            if path.read_text().count("\n") > LONGEST_FILE] == []


def test_functions_are_short():
    assert [f"{place(path, function.line)}: {function.name}"
            for path, function in functions()
            if function.length > LONGEST_FUNCTION] == []


def test_functions_are_found():
    """The check above sees what it is about."""
    names = {function.name for path, function in functions()}
    assert {"sort_nodes", "main", "opp_convert", "arena_alloc"} <= names
    assert len(names) > 1000


# ---- one name everywhere ----------------------------------------------------

def registered():
    text = (ROOT / "passes/passes.def").read_text()
    return re.findall(r"^PASS\((\w+)\)$", text, re.M)


def test_each_file_is_registered():
    assert sorted(registered()) == PASS_FILES


@pytest.mark.parametrize("stem", PASS_FILES)
def test_a_pass_has_one_name(stem):
    name = stem.replace("_", "-")
    source = (ROOT / f"passes/{stem}.c").read_text()
    assert source.startswith(f"/* {name}: ")
    assert f"const struct pass pass_{stem} = {{" in source
    assert f'.name = "{name}",' in source
    assert f".run = {stem},\n" in source
    assert (ROOT / f"tests/passes/{stem}.txt").exists()
    assert f"\n## {name}\n" in (ROOT / "docs/passes.md").read_text()


@pytest.mark.parametrize("stem", PASS_FILES)
def test_a_pass_says_what_it_needs(stem):
    """The line of the comment is that of the descriptor."""
    source = (ROOT / f"passes/{stem}.c").read_text()
    comment = re.match(r"/\*(.*?)\*/", source, re.S)[1]
    said = re.search(r"\n \* needs (.*?)\.\s*$", comment, re.S)
    assert said, "the comment ends without `needs ...; keeps ...`"
    needs, _, keeps = said[1].partition("; ")
    facts = {key: bool(re.search(rf"\.{key} = FACT_TYPES\b", source))
             for key in ("needs", "keeps")}
    assert needs.startswith("types") == facts["needs"]
    assert keeps in ("edits nothing", "keeps them", "keeps types",
                     "keeps nothing")
    assert (keeps != "keeps nothing") == facts["keeps"]
    assert (keeps == "edits nothing") == (".edits = true" not in source)


def test_no_cases_of_strangers():
    presets = re.findall(r'^PRESET\("(\w+)"',
                         (ROOT / "src/pass/presets.def").read_text(), re.M)
    stems = {path.stem.partition("-")[0]
             for path in ROOT.glob("tests/passes/*.txt")}
    assert stems <= set(PASS_FILES) | set(presets)


def test_listing_is_the_registry(opp):
    listed = json.loads(opp("passes", "list", "-f", "json").stdout)
    assert ([entry["name"].replace("-", "_") for entry in listed["passes"]]
            == registered())


def test_documents_are_current(opp):
    assert gen_docs.difference(gen_docs.all_pages(opp.binary)) == []
