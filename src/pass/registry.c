#include "pass/pass.h"

#include <stdlib.h>
#include <string.h>

#define PASS(name) extern const struct pass pass_##name;
#include "passes/passes.def"
#undef PASS

const struct pass *const pass_registry[] = {
#define PASS(name) &pass_##name,
#include "passes/passes.def"
#undef PASS
    NULL,
};

const struct preset preset_registry[] = {
#define PRESET(name, summary, pipeline) {name, summary, pipeline},
#include "pass/presets.def"
#undef PRESET
    {NULL, NULL, NULL},
};

const struct pass *
pass_find(const char *name)
{
    for (size_t i = 0; pass_registry[i] != NULL; i++)
        if (strcmp(pass_registry[i]->name, name) == 0)
            return pass_registry[i];
    return NULL;
}

const struct preset *
preset_find(const char *name)
{
    for (const struct preset *p = preset_registry; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

const char *
pass_option(const struct pass_run *run, const char *name)
{
    const struct pass_option *option = run->pass->options;
    size_t i = 0;

    while (strcmp(option[i].name, name) != 0)
        i++;
    return run->values[i];
}

bool
pass_option_flag(const struct pass_run *run, const char *name)
{
    return strcmp(pass_option(run, name), "true") == 0;
}

uint64_t
pass_option_number(const struct pass_run *run, const char *name)
{
    return strtoull(pass_option(run, name), NULL, 10);
}
