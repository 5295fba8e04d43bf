#include "base/suggest.h"

#include <string.h>

enum { LONGEST = 127 };

static size_t
min3(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

static size_t
length_of(const char *text)
{
    const size_t n = strlen(text);

    return n < LONGEST ? n : LONGEST;
}

/* Optimal string alignment, three rows at a time. */
size_t
suggest_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    const size_t n = length_of(a), m = length_of(b);

    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *const row = rows[i % 3];
        const size_t *const above = rows[(i + 2) % 3];
        const size_t *const before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min3(row[j - 1] + 1, above[j] + 1,
                          above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

const char *
suggest_near(const char *text, suggest_name_fn name_at, const void *list)
{
    size_t best = strlen(text) / 3 + 1;
    const char *nearest = NULL;

    for (size_t i = 0; name_at(list, i) != NULL; i++) {
        const size_t distance = suggest_distance(text, name_at(list, i));
        if (distance < best) {
            best = distance;
            nearest = name_at(list, i);
        }
    }
    return nearest;
}
