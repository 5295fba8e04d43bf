/* functions.c: the verbs of edit.h that are about local functions. */
#include "graph/edit.h"

#include <assert.h>

#include "graph/internal.h"
#include "model/clone.h"

/* IR version that brought FunctionProto.overload (onnx.proto, enum Version). */
enum { IR_OVERLOADS = 10 };

static bool
is_op(const char *domain, const char *name)
{
    return ops_find(domain == NULL ? "" : domain, name, INT64_MAX) != NULL;
}

bool
edit_can_copy_function(const struct module *module,
                       const struct graph *function)
{
    const Onnx__FunctionProto *const proto = function->function;

    return !is_op(proto->domain, proto->name) ||
           module->model->proto->ir_version >= IR_OVERLOADS;
}

/* A name that no op and no function of any domain has. */
static char *
fresh_op_name(struct module *module, const Onnx__FunctionProto *proto)
{
    const char *name;

    do {
        name = edit_fresh_name(module, proto->name, "");
        map_put(&module->names, name, (void *)(uintptr_t)name);
    } while (is_op(proto->domain, name));
    return (char *)(uintptr_t)name;
}

/* Both graphs have the same nodes and bodies, in the same order. */
static void
set_originals(struct graph *copy, const struct graph *graph)
{
    struct node *from = graph->first;

    for_each_node (copy, node) {
        node->original = from->original == NULL ? from : from->original;
        for (uint32_t i = 0; i < node->n_bodies; i++)
            set_originals(node->bodies[i], from->bodies[i]);
        from = from->next;
    }
}

struct graph *
edit_copy_function(struct module *module, struct graph *function)
{
    Onnx__FunctionProto *proto;
    struct graph *copy;

    assert(edit_can_copy_function(module, function));
    flush_with_bodies(module, function);
    proto = clone_message(module->arena, function->function);
    if (is_op(proto->domain, proto->name))
        proto->overload = fresh_op_name(module, proto);
    else
        proto->name = fresh_op_name(module, proto);
    copy = function_new(module, proto);
    copy->original = function->original == NULL ? function : function->original;
    set_originals(copy, function);
    edit_touch(module, copy);
    return copy;
}

void
edit_set_function(struct module *module, struct node *call,
                  struct graph *function)
{
    const Onnx__FunctionProto *const proto = function->function;

    assert(call->function != NULL);
    edit_touch(module, call->graph);
    call->function = function;
    call->proto->op_type = proto->name;
    call->proto->overload = proto->overload;
}
