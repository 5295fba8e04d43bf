/* YAML files read into structs: flags, numbers, words and the hash. */
#include "config_fixture.h"

struct meal {
    struct config_place at;
    struct config_flag warm;
    struct config_number price;
    struct config_list sizes; /* of struct config_number */
    struct config_text kind;
};

static const char *const kinds[] = {"soup", "salad", NULL};

static const struct config_key meal_keys[] = {
    {.name = "warm",
     .kind = CONFIG_FLAG,
     .offset = offsetof(struct meal, warm)},
    {.name = "price",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct meal, price)},
    {.name = "sizes",
     .kind = CONFIG_NUMBERS,
     .offset = offsetof(struct meal, sizes),
     .least = 1,
     .most = 2},
    {.name = "kind",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct meal, kind),
     .words = kinds},
    {.name = NULL},
};

static const struct config_record meal_record = {
    "a meal", sizeof(struct meal), meal_keys};

static enum opp_status
read_meal(struct reading *r, const char *text, struct meal *meal)
{
    char hash[HASH128_TEXT];

    write_file(r->path, text, strlen(text));
    arena_free(&r->arena);
    memset(meal, 0, sizeof *meal);
    return config_read_hashed(meal, &meal_record, r->path, &r->arena, hash,
                              &r->err);
}

static void
reads_flags_and_numbers(void **state)
{
    struct meal meal;

    assert_int_equal(read_meal(*state,
                               "{warm: true, price: -1.5e3, sizes: [0, 2.25], "
                               "kind: soup}",
                               &meal),
                     OPP_OK);
    assert_true(meal.warm.value);
    assert_true(meal.price.value == -1500);
    assert_int_equal(meal.price.at.column, 21);
    assert_int_equal(meal.sizes.count, 2);
    assert_true(((struct config_number *)meal.sizes.items)[1].value == 2.25);
    assert_string_equal(meal.kind.text, "soup");
    assert_int_equal(read_meal(*state, "{warm: false, sizes: 7}", &meal),
                     OPP_OK);
    assert_false(meal.warm.value);
    assert_int_equal(meal.warm.at.line, 1);
    assert_int_equal(meal.price.at.line, 0);
    assert_int_equal(meal.sizes.count, 1);
}

static void
refuses_what_is_none(void **state)
{
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"warm: yes", "`warm` must be true or false, not `yes`"},
        {"warm: 'true'", "`warm` must be true or false, not `true`"},
        {"warm: [true]", "`warm` must be true or false, not a list"},
        {"price: .5", "`price` must be a finite number, not `.5`"},
        {"price: 1e999", "`price` must be a finite number, not `1e999`"},
        {"price: 0x10", "`price` must be a finite number, not `0x10`"},
        {"price: nan", "`price` must be a finite number, not `nan`"},
        {"price: 1-2", "`price` must be a finite number, not `1-2`"},
        {"price: '1'", "`price` must be a finite number, not `1`"},
        {"price:", "`price` must be a number, not nothing"},
        {"sizes: [1, 2, 3]", "`sizes` has 3 entries, it must have at most 2"},
        {"sizes: []", "`sizes` has 0 entries, it must have at least 1"},
        {"sizes: [1, b]", "`sizes` must be a finite number, not `b`"},
        {"sizes: {a: 1}", "`sizes` must be a list of numbers, not a map"},
        {"kind: salat", "`kind` cannot be `salat`"},
    };
    struct reading *const r = *state;
    struct meal meal;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_meal(r, cases[i].text, &meal), OPP_EUSAGE);
        assert_string_equal(r->err.what, cases[i].what);
    }
    assert_string_equal(r->err.help, "did you mean `salad`?");
    assert_int_equal(read_meal(r, "kind: x", &meal), OPP_EUSAGE);
    assert_string_equal(r->err.help, "it is one of soup, salad");
}

static void
hashes_the_bytes(void **state)
{
    struct reading *const r = *state;
    char hash[HASH128_TEXT], text[HASH128_TEXT];
    struct hash128 expected;
    struct meal meal = {0};
    static const char bytes[] = "kind: soup # hot\n";

    assert_int_equal(read_meal(r, bytes, &meal), OPP_OK);
    assert_int_equal(config_read_hashed(&meal, &meal_record, r->path, &r->arena,
                                        hash, &r->err),
                     OPP_OK);
    hash128_begin(&expected);
    hash128_add(&expected, bytes, strlen(bytes));
    hash128_text(&expected, text);
    assert_string_equal(hash, text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_flags_and_numbers),
        TEST(refuses_what_is_none),
        TEST(hashes_the_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
