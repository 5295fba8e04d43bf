#include "graph/names.h"

#include <string.h>

#include "graph/edit.h"
#include "graph/internal.h"

struct node **
node_twins(const struct module *module, struct arena *arena)
{
    struct node **const twins =
        arena_array(arena, module->n_nodes, struct node *);
    struct map *const seen = arena_array(arena, module->n_graphs, struct map);

    for (uint32_t i = 0; i < module->n_graphs; i++)
        map_init(&seen[i], arena);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        struct node *const node = module->nodes[i];
        const char *const name = node == NULL ? NULL : node->proto->name;
        if (name == NULL || name[0] == '\0')
            continue;
        twins[i] = map_get(&seen[node->graph->id], name);
        if (twins[i] == NULL)
            map_put(&seen[node->graph->id], name, node);
    }
    return twins;
}

void
names_reserve(struct module *module, const char *name)
{
    /* What is entered says no more than that the name is taken. */
    if (name != NULL && name[0] != '\0' &&
        map_get(&module->names, name) == NULL)
        map_put(&module->names, name, proto_string(name));
}

/* ---- fresh names --------------------------------------------------------- */

/* ONNX Runtime 1.32 takes a Cast whose name begins so for one of its own and
 * removes it (core/optimizer/insert_cast_transformer.cc). */
static const char reserved[] = "InsertedPrecisionFreeCast_";

static const char *
skip_reserved(const char *name)
{
    while (strncmp(name, reserved, strlen(reserved)) == 0)
        name += strlen(reserved);
    return name;
}

/* Next number to try for a stem, so that many names from one stem stay
 * linear. */
struct name_counter {
    unsigned next;
};

const char *
edit_fresh_name(struct module *module, const char *stem, const char *suffix)
{
    const char *const first = skip_reserved(
        arena_printf(module->arena, "%s%s", skip_reserved(stem), suffix));
    struct name_counter *counter = map_get(&module->fresh, first);
    const char *name = first;

    if (counter == NULL) {
        counter = arena_new(module->arena, struct name_counter);
        counter->next = 2;
        map_put(&module->fresh, first, counter);
    }
    while (name[0] == '\0' || map_get(&module->names, name) != NULL)
        name = arena_printf(module->arena, "%s_%u", first, counter->next++);
    return name;
}

void
edit_set_node_name(struct module *module, struct node *node, const char *name)
{
    edit_touch(module, node->graph);
    node->proto->name = proto_string(name);
    names_reserve(module, name);
}
