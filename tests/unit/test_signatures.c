/* Ops that users declare: what becomes of a file, which version is in force,
 * and every error with its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/signatures.h"

struct reading {
    struct arena arena;
    struct op_signatures set;
    char path[32];
    struct opp_error err;
};

static int
set_up(void **state)
{
    struct reading *const r = calloc(1, sizeof *r);
    int fd;

    assert_non_null(r);
    strcpy(r->path, "/tmp/opp_signatures_XXXXXX");
    fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    arena_init(&r->arena, SIZE_MAX, NULL);
    signatures_init(&r->set, &r->arena);
    *state = r;
    return 0;
}

static int
tear_down(void **state)
{
    struct reading *const r = *state;

    unlink(r->path);
    arena_free(&r->arena);
    free(r);
    return 0;
}

static enum opp_status
add(struct reading *r, const char *text)
{
    FILE *const file = fopen(r->path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    memset(&r->err, 0, sizeof r->err);
    return signatures_read(&r->set, r->path, &r->err);
}

static const struct op_schema *
find(const struct reading *r, const char *name, int64_t opset)
{
    return signatures_find(&r->set, "my.ops", name, opset);
}

#define HEAD "schema: 1\nops:\n"
#define OP   HEAD "- domain: my.ops\n  op: Gate\n"

/* ---- what becomes of it -------------------------------------------------- */

static void
a_declared_op_is_a_schema(void **state)
{
    struct reading *const r = *state;
    const struct op_schema *op;
    const struct op_param *param;

    assert_int_equal(
        add(r, OP "  types: {T: [float, fp16], I: [int32, int64]}\n"
                  "  inputs: [T, float, T?, I...]\n  outputs: [T, bool?]\n"),
        OPP_OK);
    op = find(r, "Gate", 1);
    assert_non_null(op);
    assert_string_equal(op_domain(op), "my.ops");
    assert_string_equal(op_name(op), "Gate");
    assert_int_equal(op->since, 1);
    assert_int_equal(op->class, OP_COMPUTE);
    assert_int_equal(op->n_rules, 0);
    assert_null(op_rule_for(op, "axis"));
    assert_int_equal(op_vars(op), 2);
    assert_string_equal(op_var_name(op, 0), "T");
    assert_string_equal(op_var_name(op, 1), "I");
    assert_int_equal(op_var_elems(op, 0, OP_TENSOR),
                     ELEM_BIT(ELEM_FLOAT) | ELEM_BIT(ELEM_FLOAT16));
    assert_int_equal(op_var_elems(op, 0, OP_SEQUENCE), 0);
    assert_true(op_var_allows(op, 1, OP_TENSOR, ELEM_INT64));
    assert_int_equal(op->inputs.min, 2);
    assert_int_equal(op->inputs.max, OP_ANY);
    assert_int_equal(op->outputs.min, 1);
    assert_int_equal(op->outputs.max, 2);
    param = op_input(op, 1);
    assert_int_equal(param->var, OP_NONE);
    assert_int_equal(op_param_elem(op, param), ELEM_FLOAT);
    assert_string_equal(op_param_name(op, param), "in1");
    assert_int_equal(op_input(op, 2)->option, OP_OPTION_OPTIONAL);
    assert_int_equal(op_input(op, 2)->var, 0);
    assert_ptr_equal(op_input(op, 99), op_input(op, 3));
    assert_int_equal(op_input(op, 3)->var, 1);
    assert_string_equal(op_param_name(op, op_output(op, 1)), "out1");
    assert_int_equal(op_output(op, 1)->elem, ELEM_BOOL);
    assert_null(op_output(op, 2));
}

static void
no_inputs_and_no_types_are_enough(void **state)
{
    struct reading *const r = *state;
    const struct op_schema *op;

    assert_int_equal(add(r, OP "  inputs: []\n  outputs: float\n"), OPP_OK);
    op = find(r, "Gate", 1);
    assert_int_equal(op_vars(op), 0);
    assert_null(op_input(op, 0));
    assert_int_equal(op_output(op, 0)->elem, ELEM_FLOAT);
}

static void
the_newest_version_is_in_force(void **state)
{
    static const char text[] =
        HEAD "- {domain: my.ops, op: A, since: 5, inputs: [], outputs: int8}\n"
             "- {domain: my.ops, op: A, since: 2, inputs: [], outputs: int4}\n"
             "- {domain: my.ops, op: A, since: 9, inputs: [], outputs: bool}\n"
             "- {domain: my.ops, op: B, inputs: [], outputs: bool}\n";
    struct reading *const r = *state;

    assert_int_equal(add(r, text), OPP_OK);
    assert_null(find(r, "A", 0));
    assert_null(find(r, "A", 1));
    assert_int_equal(find(r, "A", 2)->since, 2);
    assert_int_equal(find(r, "A", 4)->since, 2);
    assert_int_equal(find(r, "A", 5)->since, 5);
    assert_int_equal(find(r, "A", 8)->since, 5);
    assert_int_equal(find(r, "A", INT64_MAX)->since, 9);
    assert_int_equal(find(r, "B", 0)->since, 1);
    assert_null(find(r, "B", -1));
}

static void
finds_nothing_where_nothing_is(void **state)
{
    struct reading *const r = *state;
    char longest[600];

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(signatures_find(NULL, "my.ops", "Gate", 1));
    assert_null(find(r, "Gate", 1));
    assert_int_equal(add(r, OP "  inputs: []\n  outputs: float\n"), OPP_OK);
    assert_null(find(r, "gate", 1));
    assert_null(find(r, "", 1));
    assert_null(signatures_find(&r->set, "", "Gate", 1));
    assert_null(signatures_find(&r->set, "my.ops\nGate", "", 1));
    assert_null(signatures_find(&r->set, "", "my.ops\nGate", 1));
    assert_null(signatures_find(&r->set, longest, "Gate", 1));
    assert_null(signatures_find(&r->set, "my.ops", longest, 1));
}

static void
the_default_domain_has_two_names(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(add(r, HEAD "- {domain: ai.onnx, op: Magic, inputs: [], "
                                 "outputs: float}\n"),
                     OPP_OK);
    assert_non_null(signatures_find(&r->set, "", "Magic", 21));
    assert_ptr_equal(signatures_find(&r->set, "", "Magic", 21),
                     signatures_find(&r->set, "ai.onnx", "Magic", 21));
    assert_string_equal(op_domain(signatures_find(&r->set, "", "Magic", 21)),
                        "");
    assert_int_equal(add(r, HEAD "- {domain: '', op: Magic, inputs: [], "
                                 "outputs: float}\n"),
                     OPP_EUSAGE);
}

static void
the_longest_name_and_the_most_parameters(void **state)
{
    struct reading *const r = *state;
    char text[8192] = "";
    char name[128];
    size_t used;

    memset(name, 'n', 127);
    name[127] = '\0';
    used =
        (size_t)snprintf(text, sizeof text,
                         HEAD "- domain: %s\n  op: %s\n  types: {", name, name);
    for (int i = 0; i < 64; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "V%d: float, ", i);
    used += (size_t)snprintf(text + used, sizeof text - used,
                             "}\n  outputs: [bool]\n  inputs: [");
    for (int i = 0; i < 254; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "V%d, ", i % 64);
    snprintf(text + used, sizeof text - used, "]\n");
    assert_int_equal(add(r, text), OPP_OK);
    const struct op_schema *const op = signatures_find(&r->set, name, name, 1);
    assert_non_null(op);
    assert_int_equal(op_vars(op), 64);
    assert_int_equal(op->inputs.formals, 254);
    assert_int_equal(op->inputs.max, 254);
    assert_int_equal(op_input(op, 253)->var, 253 % 64);
    assert_string_equal(op_param_name(op, op_input(op, 253)), "in253");
    assert_string_equal(op_var_name(op, 63), "V63");
    assert_null(op_input(op, 254));
    text[used] = '\0';
    snprintf(text + used, sizeof text - used, "bool]\n");
    assert_int_equal(add(r, text), OPP_EUSAGE);
    assert_string_equal(r->err.what,
                        "`inputs` has 255 entries, it must have at most 254");
}

/* ---- errors -------------------------------------------------------------- */

#define NAME_128                                                       \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define T "  types: {T: [float, float16]}\n"

static const struct {
    const char *text, *place, *what, *help;
} wrongs[] = {
    {"schema: 2\n", "1:9", "`schema` must be 1, not `2`", ""},
    {"ops: []\n", "1:6", "`ops` has 0 entries, it must have at least 1", ""},
    {"schema: 1\n", "1:1", "a file of signatures must have the key `ops`", ""},
    {OP "  input: [T]\n", "5:3", "an op has no key `input`",
     "did you mean `inputs`?"},
    {HEAD "- {op: G, inputs: [], outputs: bool}\n", "3:3",
     "an op must have the key `domain`", ""},
    {HEAD "- {domain: d, inputs: [], outputs: bool}\n", "3:3",
     "an op must have the key `op`", ""},
    {OP "  outputs: [bool]\n", "3:3", "an op must have the key `inputs`", ""},
    {OP "  inputs: [bool]\n", "3:3", "an op must have the key `outputs`", ""},
    {OP "  inputs: []\n  outputs: []\n", "6:12",
     "`outputs` has 0 entries, it must have at least 1", ""},
    {OP "  since: 0\n", "5:10",
     "`since` must be a whole number from 1 to 255, not `0`", ""},
    {OP "  since: 256\n", "5:10",
     "`since` must be a whole number from 1 to 255, not `256`", ""},
    {HEAD "- {domain: d, op: '', inputs: [], outputs: bool}\n", "3:19",
     "an op needs a name", ""},
    {HEAD "- {domain: d, op: \"a\\nb\", inputs: [], outputs: bool}\n", "3:19",
     "a name cannot hold control characters", ""},
    {HEAD "- {domain: d, op: " NAME_128 ", inputs: [], outputs: bool}\n",
     "3:19", "a name has at most 127 bytes, this has 128", ""},
    {HEAD "- {domain: " NAME_128 ", op: o, inputs: [], outputs: bool}\n",
     "3:12", "a name has at most 127 bytes, this has 128", ""},
    {OP "  types: {" NAME_128 ": float}\n  inputs: []\n  outputs: bool\n",
     "5:11", "a name has at most 127 bytes, this has 128", ""},
    {HEAD "- {domain: '', op: Relu, inputs: [], outputs: bool}\n", "3:20",
     "`Relu` of domain `ai.onnx` is known already", ""},
    {HEAD "- {domain: com.microsoft, op: FusedConv, inputs: [], "
          "outputs: bool}\n",
     "3:31", "`FusedConv` of domain `com.microsoft` is known already", ""},
    {OP "  types: {T: [flaot]}\n  inputs: T\n  outputs: T\n", "5:15",
     "no element type is called `flaot`", "did you mean `float`?"},
    {OP "  types: {T: [zzzzzzz]}\n  inputs: T\n  outputs: T\n", "5:15",
     "no element type is called `zzzzzzz`", ""},
    {OP "  types: {T: []}\n  inputs: T\n  outputs: T\n", "5:14",
     "`T` has 0 entries, it must have at least 1", ""},
    {OP "  types: {half: [float]}\n  inputs: half\n  outputs: half\n", "5:11",
     "`half` is an element type, it cannot be a variable", ""},
    {OP "  types: {T: float, T: float}\n", "5:21", "`T` is given twice", ""},
    {OP T "  inputs: [T, U]\n  outputs: T\n", "6:15",
     "`U` is neither an element type nor one of `types`", ""},
    {OP "  types: {Mask: bool}\n  inputs: [Mask, Mosk]\n  outputs: bool\n",
     "6:18", "`Mosk` is neither an element type nor one of `types`",
     "did you mean `Mask`?"},
    {OP T "  inputs: [T, flaot16]\n  outputs: T\n", "6:15",
     "`flaot16` is neither an element type nor one of `types`",
     "did you mean `float16`?"},
    {OP T "  inputs: [T, '']\n  outputs: T\n", "6:15",
     "`` is neither an element type nor one of `types`", ""},
    {OP T "  inputs: [T, T?...]\n  outputs: T\n", "6:15",
     "`T?` is neither an element type nor one of `types`", ""},
    {OP T "  inputs: [T..., T]\n  outputs: T\n", "6:12",
     "only the last can stand for any number: `T...`", ""},
    {OP T "  inputs: T\n  outputs: [T..., bool]\n", "7:13",
     "only the last can stand for any number: `T...`", ""},
    {OP "  types: {T: float, U: bool}\n  inputs: T\n  outputs: T\n", "5:21",
     "no parameter has the type `U`", ""},
    {OP T "  inputs: [int64]\n  outputs: T\n", "5:11",
     "no input has the type `T`", "give them an element type, such as float"},
    {HEAD "- &o {domain: d, op: o, inputs: [], outputs: bool}\n- *o\n", "3:22",
     "version 1 of `o` is declared twice", ""},
    {HEAD "- {domain: d, op: o, inputs: [], outputs: bool}\n"
          "- {domain: d, op: o, since: 2, inputs: [], outputs: bool}\n"
          "- {domain: d, op: o, since: 1, inputs: [], outputs: bool}\n",
     "5:19", "version 1 of `o` is declared twice", ""},
};

static void
each_error_has_its_place(void **state)
{
    struct reading *const r = *state;
    char where[64];

    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        signatures_init(&r->set, &r->arena);
        assert_int_equal(add(r, wrongs[i].text), OPP_EUSAGE);
        snprintf(where, sizeof where, "%s:%s", r->path, wrongs[i].place);
        assert_string_equal(r->err.what, wrongs[i].what);
        assert_string_equal(r->err.where, where);
        assert_string_equal(r->err.help, wrongs[i].help);
    }
}

static void
files_may_not_contradict_each_other(void **state)
{
    static const char text[] =
        HEAD "- {domain: d, op: o, inputs: [], outputs: bool}\n";
    struct reading *const r = *state;
    char why[64];

    assert_int_equal(add(r, text), OPP_OK);
    assert_int_equal(add(r, text), OPP_EUSAGE);
    snprintf(why, sizeof why, "the first is at %s:3:19", r->path);
    assert_string_equal(r->err.why, why);
}

static void
every_cut_is_read_or_refused(void **state)
{
    static const char text[] =
        OP "  since: 2\n"
           "  types: {T: [float, float16], I: [int32, int64]}\n"
           "  inputs: [T, T?, float, I...]\n  outputs: [T]\n";
    struct reading *const r = *state;
    char copy[sizeof text];

    for (size_t i = 0; i < sizeof text; i++) {
        memcpy(copy, text, sizeof text);
        copy[i] = '\0';
        signatures_init(&r->set, &r->arena);
        const enum opp_status status = add(r, copy);
        assert_true(status == OPP_OK || status == OPP_EUSAGE);
        assert_true((status == OPP_OK) == (find(r, "Gate", 2) != NULL));
    }
    assert_non_null(find(r, "Gate", 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_declared_op_is_a_schema),
        TEST(no_inputs_and_no_types_are_enough),
        TEST(the_newest_version_is_in_force),
        TEST(finds_nothing_where_nothing_is),
        TEST(the_default_domain_has_two_names),
        TEST(the_longest_name_and_the_most_parameters),
        TEST(each_error_has_its_place),
        TEST(files_may_not_contradict_each_other),
        TEST(every_cut_is_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
