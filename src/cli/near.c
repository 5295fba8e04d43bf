#include "cli/near.h"

#include <string.h>

enum { LONGEST = 63 };

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, three rows of the matrix at a time. */
static size_t
distance(const char *a, const char *b)
{
    const size_t n = strlen(b);
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= n; j++)
        last[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *const oldest = before;
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(last[j - 1] + cost, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = oldest;
    }
    return last[n];
}

void
near_offer(struct near *near, const char *name)
{
    const size_t a = strlen(near->typed), b = strlen(name);
    const size_t longer = a > b ? a : b;
    size_t d;

    if (longer > LONGEST || least(a, b) == 0)
        return;
    d = distance(near->typed, name);
    if (d > longer / 3 &&
        (least(a, b) < 3 || strncmp(near->typed, name, least(a, b)) != 0))
        return;
    if (near->best == NULL || d < near->distance) {
        near->best = name;
        near->distance = d;
    }
}
