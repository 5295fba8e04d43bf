#include "base/sets.h"

void
sets_init(uint32_t *parent, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        parent[i] = i;
}

uint32_t
sets_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

void
sets_unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = sets_root(parent, a);
    b = sets_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}
