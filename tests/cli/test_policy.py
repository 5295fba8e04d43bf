"""Policy files on the command line: which is obeyed, what is said, exit codes,
the example of docs/policy.md, and the JSON Schema."""

import json
import pathlib
import re

import onnx
import onnx.parser
import pytest

DOCS = pathlib.Path(__file__).parent.parent.parent / "docs"
SOFTMAX = "rules: [{match: {op: Softmax}, precision: float32, reason: why}]\n"
NAMES = ["onnx-precision.yaml", ".onnx-precision.yaml", ".onnx-precision.yml"]


def write(path, text=SOFTMAX):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("schema: 1\n" + text)


def types(opp, *words, expect=0):
    """{node: type} of a conversion that writes no model."""
    plan = json.loads(opp("convert", "--dry-run", "-q", "--plan-out", "-",
                          *words, expect=expect).stdout)
    return {item["node"]: item["type"] for item in plan["items"]
            if "node" in item}


def softmax(opp, *words):
    return types(opp, *words)["/head/Softmax"]


# ---- which file -------------------------------------------------------------

def test_no_policy(opp, folder):
    assert softmax(opp, "in.onnx") == "float16"


def test_given(opp, folder):
    write(folder / "p.yaml")
    assert softmax(opp, "--policy", "p.yaml", "in.onnx") == "float"


@pytest.mark.parametrize("name", NAMES)
def test_found_beside_the_model(opp, folder, name):
    write(folder / name)
    assert softmax(opp, "in.onnx") == "float"
    assert softmax(opp, str(folder / "in.onnx")) == "float"
    assert softmax(opp, "--isolated", "in.onnx") == "float16"


def test_the_first_name_counts(opp, folder):
    write(folder / NAMES[1])
    write(folder / NAMES[0], "")
    assert softmax(opp, "in.onnx") == "float16"


@pytest.fixture
def deep(folder):
    """A model three folders down."""
    path = folder / "a/b/c/in.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes((folder / "in.onnx").read_bytes())
    return path


@pytest.mark.parametrize("where", [".", "a", "a/b"])
def test_found_above_within_a_repository(opp, folder, deep, where):
    (folder / ".git").mkdir()
    write(folder / where / NAMES[0])
    assert softmax(opp, "a/b/c/in.onnx") == "float"
    assert softmax(opp, str(deep)) == "float"


def test_not_found_above_without_a_repository(opp, folder, deep):
    write(folder / "a/b" / NAMES[0])
    assert softmax(opp, str(deep)) == "float16"


def test_not_found_above_the_root_of_the_repository(opp, folder, deep):
    (folder / "a/b/.git").mkdir()
    write(folder / "a" / NAMES[0])
    assert softmax(opp, str(deep)) == "float16"


def test_the_nearest_counts(opp, folder, deep):
    (folder / ".git").write_text("gitdir: elsewhere\n")
    write(folder / NAMES[0])
    write(folder / "a/b" / NAMES[2], "")
    assert softmax(opp, str(deep)) == "float16"


def test_a_given_one_beats_a_found_one(opp, folder):
    write(folder / NAMES[0])
    write(folder / "p.yaml", "")
    assert softmax(opp, "--policy", "p.yaml", "in.onnx") == "float16"


def test_standard_input_has_none(opp, folder):
    write(folder / NAMES[0], "rules: 3\n")
    with open("in.onnx", "rb") as model:
        opp("convert", "-", "-o", "out.onnx", stdin=model)


def test_weights_only_has_none(opp, folder):
    write(folder / NAMES[0], "rules: 3\n")
    opp("convert", "--weights-only", "in.onnx", "-o", "out.onnx")
    done = opp("convert", "--weights-only", "--policy", NAMES[0], "in.onnx",
               "-o", "out.onnx", expect=2)
    assert "--policy does not go with --weights-only" in done.stderr


def test_it_is_said(opp, folder):
    write(folder / NAMES[0])
    done = opp("convert", "-v", "in.onnx", "-o", "out.onnx")
    assert done.stdout.startswith("policy    onnx-precision.yaml\n")
    assert "note: policy onnx-precision.yaml\n" in done.stderr
    report = json.loads(opp("convert", "-f", "json", "--dry-run",
                            "in.onnx").stdout)
    assert report["policy"]["file"] == NAMES[0]
    stamp = {entry.key: entry.value
             for entry in onnx.load("out.onnx").metadata_props}
    assert stamp["opp.policy"] == report["policy"]["hash"]
    report = json.loads(opp("convert", "--isolated", "-f", "json",
                            "--dry-run", "in.onnx").stdout)
    assert "policy" not in report


def test_passes_run(opp, folder):
    write(folder / NAMES[0])
    words = ("passes", "run", "-p", "plan-precision", "--plan-out", "-", "-q",
             "in.onnx")
    assert NAMES[0] not in opp(*words).stdout
    assert NAMES[0] in opp(*words, "--policy", NAMES[0]).stdout
    done = opp("passes", "run", "-p", "find-casts", "--policy", NAMES[0],
               "in.onnx", expect=2)
    assert "no pass of the pipeline has the option `policy`" in done.stderr


def test_it_is_not_overwritten(opp, folder):
    write(folder / "p.yaml")
    done = opp("convert", "--policy", "p.yaml", "in.onnx", "-o", "p.yaml",
               expect=2)
    assert "output `p.yaml` is read by --policy" in done.stderr


# ---- weights ----------------------------------------------------------------

def test_the_command_line_weighs_more(opp, folder):
    """What it says against the policy violates it all the same."""
    write(folder / "p.yaml", "rules:\n"
          "- {match: {op: Softmax}, precision: float32}\n"
          "- {match: {op: Mul}, precision: float16}\n")
    found = types(opp, "--policy", "p.yaml", "--op-include-list", "Softmax",
                  "--node-block-list", "/enc/Mul", "in.onnx", expect=1)
    assert (found["/head/Softmax"], found["/enc/Mul"]) == ("float16", "float")


def test_the_type_weighs_more(opp, folder):
    write(folder / "p.yaml", "default: {precision: bfloat16}\n")
    assert softmax(opp, "--policy", "p.yaml", "in.onnx") == "bfloat16"
    found = types(opp, "--policy", "p.yaml", "--to", "float16", "in.onnx")
    assert set(found.values()) == {"float16"}


def test_a_plan_weighs_more(opp, folder):
    write(folder / "p.yaml")
    opp("convert", "--dry-run", "-q", "--plan-out", "plan.json", "in.onnx")
    done = opp("convert", "--plan", "plan.json", "--policy", "p.yaml",
               "in.onnx", "-o", "out.onnx", expect=1)
    assert "1 node is float16, p.yaml:2 requires float32" in done.stdout


# ---- exit codes -------------------------------------------------------------

def test_a_violation_is_written_and_is_1(opp, folder):
    write(folder / "p.yaml", SOFTMAX + "limits: {max_explicit_casts: 1}\n")
    done = opp("convert", "--policy", "p.yaml", "in.onnx", "-o", "out.onnx",
               expect=1)
    assert "OPP701" in done.stdout
    onnx.checker.check_model(onnx.load("out.onnx"))


def test_audit_holds_the_model_as_it_stands(opp, folder):
    write(folder / "p.yaml")
    opp("audit", "--policy", "p.yaml", "in.onnx")
    opp("convert", "in.onnx", "-o", "out.onnx")
    done = opp("audit", "--policy", "p.yaml", "in.onnx", "out.onnx", expect=1)
    assert done.stdout.count("OPP701") == 1


def test_check(opp, folder):
    write(folder / "p.yaml", "targets: {require: ort}\nrules:\n"
          "- {match: {op: [Softmax, Gemm]}, precision: float32}\n"
          "- {match: {node: /head/*}, precision: float16}\n")
    opp("policy", "check", "p.yaml")
    done = opp("policy", "check", "-f", "json", "p.yaml", "in.onnx", expect=1)
    found = json.loads(done.stdout)
    assert [(rule["matched"], rule["decided"]) for rule in found["rules"]] == [
        (1, 1), (1, 0)]
    assert found["unused_keys"] == [{"key": "targets", "line": 2}]
    assert [(f["code"], f["place"]) for f in found["findings"]] == [
        ("OPP703", "p.yaml:4:26"), ("OPP704", "p.yaml:5:3")]


def test_show(opp, folder):
    write(folder / "p.yaml", "rules:\n"
          "- {match: {initializer: w}, precision: float16}\n"
          "- {match: {op: MatMul}, precision: float32}\n")
    nodes = json.loads(opp("policy", "show", "-f", "json", "p.yaml",
                           "in.onnx").stdout)["nodes"]
    assert nodes[0]["rule"]["line"] == 4
    assert [rule["line"] for rule in nodes[0]["operand_rules"]] == [3]
    assert nodes[1]["rule"] is None
    text = opp("policy", "show", "p.yaml", "in.onnx").stdout.splitlines()
    assert text[0] == ("float32   /enc/MatMul (MatMul)  p.yaml:4"
                       "  operands float16 by p.yaml:3")
    assert text[1] == "-         /enc/Mul (Mul)"


# ---- days -------------------------------------------------------------------

DATED = ("rules: [{match: {op: Softmax}, precision: float32, "
         "expires: 2024-02-28}]\n")


@pytest.mark.parametrize("words,epoch,code", [
    ((), None, "OPP709"),
    (("--today", "2024-02-28"), None, None),
    (("--today", "2024-02-29"), None, "OPP702"),
    ((), "1709164799", None),  # the last second of 2024-02-28
    ((), "1709164800", "OPP702"),
    (("--today", "2024-02-28"), "1709164800", None),
])
def test_expiry(opp, folder, monkeypatch, words, epoch, code):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if epoch is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    write(folder / "p.yaml", DATED)
    for command in (("policy", "check", "p.yaml"),
                    ("convert", "--dry-run", "--policy", "p.yaml", "in.onnx")):
        text = opp(*command, *words).stdout
        assert re.findall(r"OPP7\d\d", text) == ([code] if code else [])


def test_a_wrong_epoch(opp, folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    write(folder / "p.yaml", DATED)
    done = opp("policy", "check", "p.yaml", expect=2)
    assert "SOURCE_DATE_EPOCH is `today`, no number of seconds" in done.stderr
    opp("convert", "--dry-run", "--isolated", "in.onnx")


# ---- what is written for people ---------------------------------------------

def test_init_changes_nothing(opp, folder):
    before = types(opp, "in.onnx")
    for words in ((), ("in.onnx",)):
        opp("policy", "init", *words, "-o", "p.yaml")
        opp("policy", "check", "p.yaml", "in.onnx")
        assert types(opp, "--policy", "p.yaml", "in.onnx") == before


def test_rules_of_init_are_rules(opp, folder):
    """Without their comment signs they match what they say."""
    text = opp("policy", "init", "in.onnx").stdout
    text = text[:text.index("\n# What the model may not exceed")]
    counts = re.findall(r"\((\d+) nodes?\)", text)
    rules = re.sub(r"^# (?=- name|  )", "", text.replace("rules: []",
                                                        "rules:"), flags=re.M)
    (folder / "p.yaml").write_text(rules)
    found = json.loads(opp("policy", "check", "-f", "json", "p.yaml",
                           "in.onnx").stdout)
    assert [str(rule["matched"]) for rule in found["rules"]] == counts
    assert len(counts) == 2


def doc_blocks():
    page = (DOCS / "policy.md").read_text()
    part = page[page.index("## An example"):page.index("## Which file")]
    return re.findall(r"```(\w*)\n(.*?)```", part, re.S)


def test_the_example_of_the_document(opp, folder):
    (_, model), (_, policy), (_, check), (_, convert) = doc_blocks()
    weights = ",".join(["0.25"] * 64)
    for name in ("w", "head"):
        model = re.sub(rf"(float\[8,8\] {name})", rf"\1 = {{{weights}}}", model)
    onnx.save(onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 21]>\n' + model), "block.onnx")
    (folder / "onnx-precision.yaml").write_text(policy)
    day = ("--today", "2027-01-31")
    text = opp("policy", "check", "onnx-precision.yaml", "block.onnx",
               *day).stdout
    assert re.sub("xxh3-128:\\w+", "xxh3-128:HASH", text) == check
    text = opp("convert", "block.onnx", "-o", "out.onnx", *day).stdout
    assert text.startswith(convert)


# ---- the schema -------------------------------------------------------------

def test_the_schema_agrees_with_the_reader(opp, folder):
    """Each key that it names is read, and those that it requires are."""
    schema = json.loads((DOCS / "policy.schema.json").read_text())
    assert schema["required"] == ["schema"]
    for key in schema["properties"]:
        (folder / "p.yaml").write_text(f"schema: 1\n{key}: {{nothing: 1}}\n")
        done = opp("policy", "check", "p.yaml", expect=2)
        assert "has no key" not in done.stderr or "`nothing`" in done.stderr
    rule = schema["properties"]["rules"]["anyOf"][0]
    for key in rule["required"]:
        given = {"match": "{op: Relu}", "precision": "keep"}
        del given[key]
        body = ", ".join(f"{k}: {v}" for k, v in given.items())
        write(folder / "p.yaml", f"rules: [{{{body}}}]\n")
        done = opp("policy", "check", "p.yaml", expect=2)
        assert f"a rule must have the key `{key}`" in done.stderr
    for word in rule["properties"]["precision"]["enum"]:
        write(folder / "p.yaml",
              f"rules: [{{match: {{op: Relu}}, precision: {word}}}]\n")
        opp("policy", "check", "p.yaml")


@pytest.mark.parametrize("text,where,what", [
    ("rules:\n- match: {opp: Relu}\n  precision: keep\n", "3:11",
     "a match has no key `opp`"),
    ("rule: []\n", "2:1", "a policy has no key `rule`"),
    ("rules:\n- match: {pattern: softmaxx}\n  precision: keep\n", "3:20",
     "no pattern is called `softmaxx`"),
    ("accum: fp8\n", "2:8", "`accum` cannot be `fp8`"),
    ("rules:\n- precision: keep\n", "3:3",
     "a rule must have the key `match`"),
])
def test_errors_have_their_place(opp, folder, text, where, what):
    write(folder / "p.yaml", text)
    for words in (("policy", "check", "p.yaml"),
                  ("convert", "--dry-run", "--policy", "p.yaml", "in.onnx"),
                  ("audit", "--policy", "p.yaml", "in.onnx")):
        lines = opp(*words, expect=2).stderr.splitlines()
        assert lines[0] == f"error: {what}"
        assert lines[1] == f"  --> p.yaml:{where}"


def test_control_characters_do_not_reach_the_terminal(opp, folder):
    model = onnx.load("in.onnx")
    model.graph.node[0].name = "a\033[31m"
    onnx.save(model, "in.onnx")
    write(folder / "p.yaml", 'rules: [{match: {op: MatMul}, precision: keep, '
                             'name: "b\\e[0m", reason: "\\a"}]\n')
    for command in ("check", "show"):
        done = opp("policy", command, "p.yaml", "in.onnx")
        assert "\033" not in done.stdout and "\a" not in done.stdout
