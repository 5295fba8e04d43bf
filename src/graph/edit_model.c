/* edit_model.c: edits of what belongs to the model and to no graph of it. */
#include "graph/internal.h"

#include <assert.h>
#include <string.h>

#include "graph/edit.h"

static void
touch_model(const struct module *module)
{
    assert(module->change != NULL);
    module->model->changed = true;
}

/* ---- metadata ----------------------------------------------------------- */

static bool
has_key(const Onnx__StringStringEntryProto *entry, const char *key)
{
    return entry->key != NULL && strcmp(entry->key, key) == 0;
}

static void
remove_metadata(struct module *module, const char *key)
{
    Onnx__ModelProto *const proto = module->model->proto;
    size_t kept = 0;

    for (size_t i = 0; i < proto->n_metadata_props; i++)
        if (!has_key(proto->metadata_props[i], key))
            proto->metadata_props[kept++] = proto->metadata_props[i];
    if (kept != proto->n_metadata_props)
        touch_model(module);
    proto->n_metadata_props = kept;
}

static void
append_metadata(struct module *module, const char *key, const char *value)
{
    Onnx__ModelProto *const proto = module->model->proto;
    Onnx__StringStringEntryProto *const entry =
        arena_new(module->arena, Onnx__StringStringEntryProto);
    Onnx__StringStringEntryProto **const list =
        arena_array(module->arena, proto->n_metadata_props + 1,
                    Onnx__StringStringEntryProto *);

    onnx__string_string_entry_proto__init(entry);
    entry->key = proto_string(key);
    entry->value = proto_string(value);
    if (proto->n_metadata_props > 0)
        memcpy(list, proto->metadata_props,
               proto->n_metadata_props * sizeof *list);
    list[proto->n_metadata_props++] = entry;
    proto->metadata_props = list;
}

const char *
edit_get_metadata(const struct module *module, const char *key)
{
    const Onnx__ModelProto *const proto = module->model->proto;

    for (size_t i = 0; i < proto->n_metadata_props; i++)
        if (has_key(proto->metadata_props[i], key))
            return proto->metadata_props[i]->value;
    return NULL;
}

void
edit_set_metadata(struct module *module, const char *key, const char *value)
{
    const Onnx__ModelProto *const proto = module->model->proto;
    bool found = false;

    if (value == NULL) {
        remove_metadata(module, key);
        return;
    }
    touch_model(module);
    for (size_t i = 0; i < proto->n_metadata_props; i++) {
        if (!has_key(proto->metadata_props[i], key))
            continue;
        proto->metadata_props[i]->value = proto_string(value);
        found = true;
    }
    if (!found)
        append_metadata(module, key, value);
}

/* ---- opset imports ------------------------------------------------------ */

static void
add_import(struct module *module, Onnx__OperatorSetIdProto ***imports,
           size_t *n, int64_t version)
{
    Onnx__OperatorSetIdProto *const import =
        arena_new(module->arena, Onnx__OperatorSetIdProto);
    Onnx__OperatorSetIdProto **const list =
        arena_array(module->arena, *n + 1, Onnx__OperatorSetIdProto *);

    onnx__operator_set_id_proto__init(import);
    import->domain = proto_string("");
    import->has_version = 1;
    import->version = version;
    if (*n > 0)
        memcpy(list, *imports, *n * sizeof *list);
    list[(*n)++] = import;
    *imports = list;
    touch_model(module);
}

/* Nodes of the default domain want it imported, which a model of other domains
 * alone does not do; a function wants it even where the model has it. */
void
edit_import_default(struct module *module, struct graph *graph)
{
    Onnx__ModelProto *const model = module->model->proto;
    const int64_t version = graph_new_opset(module, graph);

    if (model_imports_nothing(model))
        return;
    while (graph->parent != NULL)
        graph = graph->parent;
    if (graph->kind == GRAPH_FUNCTION) {
        if (!function_imports(graph->function, ""))
            add_import(module, &graph->function->opset_import,
                       &graph->function->n_opset_import, version);
    } else if (!graph_imports(module, graph, "")) {
        add_import(module, &model->opset_import, &model->n_opset_import,
                   version);
    }
}
