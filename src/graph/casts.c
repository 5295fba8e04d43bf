#include "graph/casts.h"

#include <string.h>

bool
node_is_cast(const struct node *node)
{
    return node->function == NULL && node->op != NULL &&
           op_domain(node->op)[0] == '\0' &&
           strcmp(node->proto->op_type, "Cast") == 0 && node->n_inputs > 0 &&
           node->n_outputs > 0 && node->inputs[0].value != NULL &&
           node->outputs[0] != NULL;
}

int
cast_to(const struct node *cast)
{
    const Onnx__AttributeProto *const to = node_attr(cast, "to");

    if (to == NULL)
        return ELEM_UNDEFINED;
    return to->has_i ? (int)to->i : attr_named_elem(to);
}

struct node *
cast_before(const struct node *cast)
{
    struct node *const def = cast->inputs[0].value->def;

    return def != NULL && node_is_cast(def) ? def : NULL;
}

static bool
same_text(const Onnx__AttributeProto *a, const Onnx__AttributeProto *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->s.len == b->s.len && memcmp(a->s.data, b->s.data, a->s.len) == 0;
}

/* `saturate` and `round_mode` where the opset has them. A type that only the
 * caller of a function says is none that two casts are known to share. */
static bool
same_cast(const struct node *a, const struct node *b)
{
    return a->graph == b->graph && cast_to(a) == cast_to(b) &&
           cast_to(a) != 0 &&
           node_attr_int(a, "saturate", 1) == node_attr_int(b, "saturate", 1) &&
           same_text(node_attr(a, "round_mode"), node_attr(b, "round_mode"));
}

struct cast_seen {
    struct node *cast;
    struct cast_seen *next;
};

void
cast_index_init(struct cast_index *index, struct arena *arena,
                const struct module *module)
{
    index->arena = arena;
    index->of = arena_array(arena, module->n_values, struct cast_seen *);
}

struct node *
cast_index_twin(struct cast_index *index, struct node *cast)
{
    struct cast_seen **at = &index->of[cast->inputs[0].value->id];

    for (; *at != NULL; at = &(*at)->next)
        if (same_cast((*at)->cast, cast))
            return (*at)->cast;
    *at = arena_new(index->arena, struct cast_seen);
    (*at)->cast = cast;
    return NULL;
}

bool
value_can_replace(const struct value *old, const struct value *value)
{
    for_each_use (old, use) {
        if (graph_find(use->graph, value->name) != value)
            return false;
        if (use->user == NULL &&
            (value->graph != use->graph || value->kind != VALUE_NODE ||
             value_is_output(value)))
            return false;
    }
    return true;
}
