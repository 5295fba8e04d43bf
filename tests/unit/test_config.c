/* YAML files read into structs by tables of keys: values, places, and every
 * error with its line and column. */
#include "config_fixture.h"

static const struct animal *
animal(const struct reading *r, size_t i)
{
    assert_true(i < r->zoo.animals.count);
    return (const struct animal *)r->zoo.animals.items + i;
}

static const char *
text_at(const struct config_list *list, size_t i)
{
    assert_true(i < list->count);
    return ((const struct config_text *)list->items)[i].text;
}

#define assert_place(at_, line_, column_)        \
    do {                                         \
        assert_int_equal((at_).line, line_);     \
        assert_int_equal((at_).column, column_); \
    } while (0)

/* ---- values -------------------------------------------------------------- */

static void
reads_every_kind(void **state)
{
    struct reading *const r = *state;
    const struct config_entry *places;

    assert_int_equal(read_text(r, full), OPP_OK);
    assert_place(r->zoo.at, 2, 1);
    assert_int_equal(r->zoo.version.value, 1);
    assert_int_equal(r->zoo.animals.count, 2);
    assert_string_equal(animal(r, 0)->name.text, "lion");
    assert_place(animal(r, 0)->at, 4, 5);
    assert_place(animal(r, 0)->name.at, 4, 11);
    assert_int_equal(animal(r, 0)->legs.value, 4);
    assert_string_equal(text_at(&animal(r, 0)->foods, 1), "more meat");
    assert_int_equal(animal(r, 0)->places.count, 2);
    places = animal(r, 0)->places.items;
    assert_string_equal(places[0].name.text, "cage");
    assert_string_equal(text_at(&places[0].texts, 0), "north");
    assert_string_equal(places[1].name.text, "yard");
    assert_place(places[1].name.at, 9, 7);
    assert_string_equal(text_at(&places[1].texts, 1), "west");
}

static void
leaves_out_what_is_not_given(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(read_text(r, "version: 1\nanimals:\n- name: x\n"), OPP_OK);
    assert_int_equal(animal(r, 0)->legs.at.line, 0);
    assert_int_equal(animal(r, 0)->foods.count, 0);
    assert_null(animal(r, 0)->places.items);
}

static void
takes_one_where_a_list_is_expected(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(
        read_text(r, "version: 1\nanimals:\n  name: x\n  foods: hay\n"),
        OPP_OK);
    assert_int_equal(r->zoo.animals.count, 1);
    assert_int_equal(animal(r, 0)->foods.count, 1);
    assert_string_equal(text_at(&animal(r, 0)->foods, 0), "hay");
    assert_place(animal(r, 0)->foods.at, 4, 10);
}

static void
texts_have_no_other_type(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(
        read_text(r, "version: 1\nanimals: {name: 1, foods: [no, 2.5, '']}\n"),
        OPP_OK);
    assert_string_equal(animal(r, 0)->name.text, "1");
    assert_string_equal(text_at(&animal(r, 0)->foods, 0), "no");
    assert_string_equal(text_at(&animal(r, 0)->foods, 1), "2.5");
    assert_string_equal(text_at(&animal(r, 0)->foods, 2), "");
}

static void
reads_json(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(
        read_text(r, "{\"version\": 1, \"animals\": [{\"name\": \"\\u00e9\", "
                     "\"legs\": -2,\n\"foods\": []}]}"),
        OPP_EUSAGE);
    assert_string_equal(r->err.what,
                        "`foods` has 0 entries, it must have at least 1");
    assert_int_equal(
        read_text(r, "{\"version\": 1, \"animals\": [{\"name\": \"\\u00e9\", "
                     "\"legs\": -2,\n\"foods\": [\"a\"]}]}"),
        OPP_OK);
    assert_string_equal(animal(r, 0)->name.text, "\xc3\xa9");
    assert_int_equal(animal(r, 0)->legs.value, -2);
}

static void
aliases_stand_for_what_they_name(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(read_text(r, "version: 1\nanimals:\n"
                                  "- {name: a, foods: &f [x, y]}\n"
                                  "- {name: b, foods: *f}\n"),
                     OPP_OK);
    assert_string_equal(text_at(&animal(r, 1)->foods, 1), "y");
}

static void
columns_count_characters(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(
        read_text(r, "{animals: {name: \xc3\xa9\xc3\xa9, legs: x}}"),
        OPP_EUSAGE);
    assert_non_null(strstr(r->err.where, ":1:28"));
}

/* ---- errors -------------------------------------------------------------- */

struct wrong {
    const char *text, *place, *what, *why, *help;
};

static const struct wrong wrongs[] = {
    {"version: 1\nanimal: []\n", "2:1", "a zoo has no key `animal`", "",
     "did you mean `animals`?"},
    {"version: 1\nqqqq: []\n", "2:1", "a zoo has no key `qqqq`", "",
     "its keys are version, animals"},
    {HEAD "- {name: x, <<: y}\n", "3:13", "an animal has no key `<<`", "",
     "its keys are name, legs, foods, places"},
    {HEAD "- legs: 4\n", "3:3", "an animal must have the key `name`", "", ""},
    {"animals: []\n", "1:1", "a zoo must have the key `version`", "", ""},
    {"version: 1\nversion: 1\n", "2:1", "`version` is given twice",
     "the first is in line 1", ""},
    {HEAD "- name: x\n  places: {a: b, a: c}\n", "4:18", "`a` is given twice",
     "the first is in line 4", ""},
    {"version: 2\n", "1:10", "`version` must be 1, not `2`", "", ""},
    {"version: [1]\n", "1:10", "`version` must be a whole number, not a list",
     "", ""},
    {"version:\n", "1:9", "`version` must be a whole number, not nothing", "",
     ""},
    {"version: '1'\n", "1:10", "`version` must be 1, not `1`", "", ""},
    {HEAD "- {name: x, legs: 1001}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not `1001`", "", ""},
    {HEAD "- {name: x, legs: -3}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not `-3`", "", ""},
    {HEAD "- {name: x, legs: 04}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not `04`", "", ""},
    {HEAD "- {name: x, legs: 1.5}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not `1.5`", "", ""},
    {HEAD "- {name: x, legs: -}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not `-`", "", ""},
    {HEAD "- {name: x, legs: 99999999999999999999}\n", "3:19",
     "`legs` must be a whole number from -2 to 1000, not "
     "`99999999999999999999`",
     "", ""},
    {HEAD "- {name: [x]}\n", "3:10", "`name` must be text, not a list", "", ""},
    {HEAD "- {name: {x: y}}\n", "3:10", "`name` must be text, not a map", "",
     ""},
    {HEAD "- {name: ~}\n", "3:10", "`name` must be text, not nothing", "", ""},
    {HEAD "- {name: \"a\\0b\"}\n", "3:10", "the text holds a NUL character", "",
     ""},
    {HEAD "- {name: x, foods: {a: b}}\n", "3:20",
     "`foods` must be a list of texts, not a map", "", ""},
    {HEAD "- {name: x, foods: [a, [b]]}\n", "3:24",
     "what stands in `foods` must be text, not a list", "", ""},
    {HEAD "- {name: x, foods: [a, null]}\n", "3:24",
     "what stands in `foods` must be text, not nothing", "", ""},
    {HEAD "- {name: x, foods: [a, b, c, d]}\n", "3:20",
     "`foods` has 4 entries, it must have at most 3", "", ""},
    {HEAD "- {name: x, places: [a]}\n", "3:21",
     "`places` must be a map, not a list", "", ""},
    {HEAD "- {name: x, places: {a: {}}}\n", "3:25",
     "`a` must be a list of texts, not a map", "", ""},
    {HEAD "- {name: x, places: {a: []}}\n", "3:25",
     "`a` has 0 entries, it must have at least 1", "", ""},
    {HEAD "- {name: x, places: {a: b, c: d, e: f}}\n", "3:21",
     "`places` has 3 entries, it must have at most 2", "", ""},
    {HEAD "- {name: x, places: {[a]: b}}\n", "3:22",
     "a key must be text, not a list", "", ""},
    {"? {a: b}\n: c\n", "1:3", "a key must be text, not a map", "", ""},
    {"~: c\n", "1:1", "a key must be text, not nothing", "", ""},
    {"version: 1\nanimals: lion\n", "2:10",
     "`animals` must be a list of maps, not text", "", ""},
    {HEAD "- lion\n", "3:3", "an animal must be a map, not text", "", ""},
    {HEAD "- [lion]\n", "3:3", "an animal must be a map, not a list", "", ""},
    {"- version: 1\n", "1:1", "a zoo must be a map, not a list", "", ""},
    {"zoo\n", "1:1", "a zoo must be a map, not text", "", ""},
    {"version: !!int 1\n", "1:10",
     "tags such as `tag:yaml.org,2002:int` are not understood", "", ""},
    {"version: 1\n---\nversion: 1\n", "2:1", "a second document begins", "",
     ""},
    {"version: 1\n...\n[", "3:1",
     "broken YAML: did not find expected <document start>", "", ""},
    /* Loops: the table is finite, so following it ends. */
    {"&z {version: 1, animals: *z}\n", "1:5", "an animal has no key `version`",
     "", "its keys are name, legs, foods, places"},
    {"version: 1\nanimals: &a [*a]\n", "2:10",
     "an animal must be a map, not a list", "", ""},
    {HEAD "- {name: x, foods: &f [*f]}\n", "3:20",
     "what stands in `foods` must be text, not a list", "", ""},
    {HEAD "- &a {name: x, places: {p: *a}}\n", "3:3",
     "`p` must be a list of texts, not a map", "", ""},
    {HEAD "- {name: *nobody}\n", "3:10", "broken YAML: found undefined alias",
     "", ""},
    {"version: [1\n", "2:1", "broken YAML: did not find expected ',' or ']'",
     "while parsing a flow sequence in line 1", ""},
    {"version: 1\n animals: 2\n", "2:9",
     "broken YAML: mapping values are not allowed in this context", "", ""},
    {"version: 1\n\tanimals: 2\n", "2:1",
     "broken YAML: found a tab character that violates indentation",
     "while scanning a plain scalar in line 1", ""},
    {"version: 'x\n", "2:1", "broken YAML: found unexpected end of stream",
     "while scanning a quoted scalar in line 1", ""},
    {"\xc3\xa9: \xff\n", "1:4", "broken YAML: invalid leading UTF-8 octet", "",
     ""},
    {"a: 1\nb: \x01\n", "2:4",
     "broken YAML: control characters are not allowed", "", ""},
};

static void
each_error_has_its_place(void **state)
{
    struct reading *const r = *state;
    char where[64];

    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        const struct wrong *const w = &wrongs[i];
        assert_int_equal(read_text(r, w->text), OPP_EUSAGE);
        snprintf(where, sizeof where, "%s:%s", r->path, w->place);
        assert_string_equal(r->err.where, where);
        assert_string_equal(r->err.what, w->what);
        assert_string_equal(r->err.why, w->why);
        assert_string_equal(r->err.help, w->help);
    }
}

static void
an_empty_file_has_no_place(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a remark\n"};
    struct reading *const r = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_text(r, texts[i]), OPP_EUSAGE);
        assert_non_null(strstr(r->err.what, "is empty"));
    }
}

static void
a_file_that_cannot_be_read(void **state)
{
    struct reading *const r = *state;

    assert_int_equal(config_read(&r->zoo, &zoo_record, "/nowhere/zoo.yaml",
                                 &r->arena, &r->err),
                     OPP_EUSAGE);
    assert_string_equal(
        r->err.what,
        "cannot open `/nowhere/zoo.yaml`: No such file or directory");
    assert_int_equal(
        config_read(&r->zoo, &zoo_record, "/tmp", &r->arena, &r->err),
        OPP_EUSAGE);
    assert_string_equal(r->err.what, "cannot read `/tmp`: Is a directory");
    assert_int_equal(
        config_read(&r->zoo, &zoo_record, "/dev/zero", &r->arena, &r->err),
        OPP_EUSAGE);
    assert_string_equal(r->err.what, "`/dev/zero` is larger than 1 MiB");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_every_kind),
        TEST(leaves_out_what_is_not_given),
        TEST(takes_one_where_a_list_is_expected),
        TEST(texts_have_no_other_type),
        TEST(reads_json),
        TEST(aliases_stand_for_what_they_name),
        TEST(columns_count_characters),
        TEST(each_error_has_its_place),
        TEST(an_empty_file_has_no_place),
        TEST(a_file_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
