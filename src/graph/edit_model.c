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

/* The first opset that came with each ir_version (ONNX Versioning.md, "Released
 * Versions"): every runtime that reads the file has it. */
static const struct {
    int64_t ir_version, opset;
} first_opsets[] = {{3, 8},  {4, 9},  {5, 10}, {6, 11},
                    {7, 12}, {8, 15}, {9, 19}, {10, 21}};

static int64_t
default_opset(const Onnx__ModelProto *model)
{
    int64_t opset = first_opsets[0].opset;

    for (size_t i = 0; i < sizeof first_opsets / sizeof *first_opsets; i++)
        if (model->ir_version >= first_opsets[i].ir_version)
            opset = first_opsets[i].opset;
    return opset;
}

/* Nodes of the default domain want it imported, which a model of other domains
 * alone does not do. */
void
edit_import_default(struct module *module)
{
    Onnx__ModelProto *const proto = module->model->proto;
    Onnx__OperatorSetIdProto *import;
    Onnx__OperatorSetIdProto **list;

    if (graph_imports(module, module->graphs[0], ""))
        return;
    import = arena_new(module->arena, Onnx__OperatorSetIdProto);
    onnx__operator_set_id_proto__init(import);
    import->domain = proto_string("");
    import->has_version = 1;
    import->version = default_opset(proto);
    list = arena_array(module->arena, proto->n_opset_import + 1,
                       Onnx__OperatorSetIdProto *);
    if (proto->n_opset_import > 0)
        memcpy(list, proto->opset_import,
               proto->n_opset_import * sizeof *list);
    list[proto->n_opset_import++] = import;
    proto->opset_import = list;
}
