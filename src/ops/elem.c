#include "ops/elem.h"

#include <stddef.h>

struct elem_info {
    const char *name;
    uint8_t bits;
    uint8_t kind;
};

static const struct elem_info infos[ELEM_COUNT] = {
#define X(member, number, name, bits, kind)                                    \
    [number] = {name, bits, ELEM_KIND_##kind},
    ELEM_TYPES(X)
#undef X
};

_Static_assert(ELEM_COUNT <= 64, "sets of element types are 64-bit masks");

struct alias {
    const char *text;
    enum elem_type elem;
};

static const struct alias aliases[] = {
    {"half", ELEM_FLOAT16},       {"fp16", ELEM_FLOAT16},
    {"f16", ELEM_FLOAT16},        {"bf16", ELEM_BFLOAT16},
    {"float32", ELEM_FLOAT},      {"fp32", ELEM_FLOAT},
    {"f32", ELEM_FLOAT},          {"single", ELEM_FLOAT},
    {"float64", ELEM_DOUBLE},     {"fp64", ELEM_DOUBLE},
    {"f64", ELEM_DOUBLE},         {"fp8e4m3fn", ELEM_FLOAT8E4M3FN},
    {"fp8e5m2", ELEM_FLOAT8E5M2}, {"fp4e2m1", ELEM_FLOAT4E2M1},
};

static const struct elem_info *
info_of(int elem)
{
    return &infos[elem > 0 && elem < ELEM_COUNT ? elem : ELEM_UNDEFINED];
}

uint64_t
elem_bit(int elem)
{
    return elem > 0 && elem < ELEM_COUNT ? ELEM_BIT(elem) : 0;
}

const char *
elem_name(int elem)
{
    return info_of(elem)->name;
}

int
elem_bits(int elem)
{
    return info_of(elem)->bits;
}

enum elem_kind
elem_kind(int elem)
{
    return (enum elem_kind)info_of(elem)->kind;
}

bool
elem_is_float(int elem)
{
    return elem_kind(elem) == ELEM_KIND_FLOAT;
}

/* Not tolower(), which asks the locale. */
static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_same(const char *text, const char *name)
{
    while (*name != '\0' && lower(*text) == *name) {
        text++;
        name++;
    }
    return *text == *name;
}

enum elem_type
elem_parse(const char *text)
{
    for (int elem = 1; elem < ELEM_COUNT; elem++)
        if (is_same(text, infos[elem].name))
            return (enum elem_type)elem;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (is_same(text, aliases[i].text))
            return aliases[i].elem;
    return ELEM_UNDEFINED;
}
