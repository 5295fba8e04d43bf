/* config_fixture.h: a kind of YAML file for tests, a zoo, and one reading of a
 * file that is made of a text. */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/config.h"

/* ---- a zoo --------------------------------------------------------------- */

struct animal {
    struct config_place at;
    struct config_text name;
    struct config_integer legs;
    struct config_list foods;  /* of struct config_text */
    struct config_list places; /* of struct config_entry */
};

struct zoo {
    struct config_place at;
    struct config_integer version;
    struct config_list animals;
};

#define AT(field) offsetof(struct animal, field)

static const struct config_key animal_keys[] = {
    {.name = "name", .kind = CONFIG_TEXT, .required = true, .offset = AT(name)},
    {.name = "legs",
     .kind = CONFIG_INTEGER,
     .offset = AT(legs),
     .least = -2,
     .most = 1000},
    {.name = "foods",
     .kind = CONFIG_TEXTS,
     .offset = AT(foods),
     .least = 1,
     .most = 3},
    {.name = "places", .kind = CONFIG_MAP, .offset = AT(places), .most = 2},
    {.name = NULL},
};

static const struct config_record animal_record = {
    "an animal", sizeof(struct animal), animal_keys};

static const struct config_key zoo_keys[] = {
    {.name = "version",
     .kind = CONFIG_INTEGER,
     .required = true,
     .offset = offsetof(struct zoo, version),
     .least = 1,
     .most = 1},
    {.name = "animals",
     .kind = CONFIG_RECORDS,
     .offset = offsetof(struct zoo, animals),
     .record = &animal_record},
    {.name = NULL},
};

static const struct config_record zoo_record = {"a zoo", sizeof(struct zoo),
                                                zoo_keys};

/* ---- one reading --------------------------------------------------------- */

struct reading {
    struct arena arena;
    char path[32];
    struct zoo zoo;
    struct opp_error err;
};

static inline void
write_file(const char *path, const void *data, size_t size)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static inline int
set_up(void **state)
{
    struct reading *const r = calloc(1, sizeof *r);
    int fd;

    assert_non_null(r);
    strcpy(r->path, "/tmp/opp_config_XXXXXX");
    fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    arena_init(&r->arena, SIZE_MAX, NULL);
    *state = r;
    return 0;
}

static inline int
tear_down(void **state)
{
    struct reading *const r = *state;

    unlink(r->path);
    arena_free(&r->arena);
    free(r);
    return 0;
}

static inline enum opp_status
read_bytes(struct reading *r, const void *data, size_t size)
{
    write_file(r->path, data, size);
    arena_free(&r->arena);
    memset(&r->zoo, 0, sizeof r->zoo);
    memset(&r->err, 0, sizeof r->err);
    return config_read(&r->zoo, &zoo_record, r->path, &r->arena, &r->err);
}

static inline enum opp_status
read_text(struct reading *r, const char *text)
{
    return read_bytes(r, text, strlen(text));
}

#define HEAD "version: 1\nanimals:\n"

static const char full[] = "# all there is\n"
                           "version: 1\n"
                           "animals:\n"
                           "  - name: lion\n"
                           "    legs: 4\n"
                           "    foods: [meat, 'more meat']\n"
                           "    places:\n"
                           "      cage: north\n"
                           "      yard: [east, west]\n"
                           "  - {name: \"eel\", legs: 0, foods: yes}\n";

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
