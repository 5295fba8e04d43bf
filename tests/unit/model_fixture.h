/* model_fixture.h: what the tests of src/model share: a folder that is gone
 * afterwards, models built through protobuf-c, loading and saving with the
 * error at hand. Built objects come from malloc and die with the fixture. */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/save.h"
#include "model/tensor.h"
#include "ops/elem.h"

struct fixture {
    char folder[32];
    struct arena arena; /* of what is built */
    struct model model;
    jmp_buf unwind;
    struct opp_load_options load_options;
    struct opp_save_options save_options;
    struct opp_error err;
};

static inline int
fixture_setup(void **state)
{
    struct fixture *const f = calloc(1, sizeof *f);

    strcpy(f->folder, "/tmp/opp-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    arena_init(&f->arena, SIZE_MAX, NULL);
    *state = f;
    return 0;
}

static inline int
fixture_remove(const char *path, const struct stat *st, int kind,
               struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static inline int
fixture_teardown(void **state)
{
    struct fixture *const f = *state;

    model_close(&f->model);
    arena_free(&f->arena);
    assert_int_equal(nftw(f->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS),
                     0);
    free(f);
    return 0;
}

#define model_test(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* ---- files ------------------------------------------------------------ */

static inline char *
in_folder(struct fixture *f, const char *name)
{
    return arena_printf(&f->arena, "%s/%s", f->folder, name);
}

static inline void
write_file(struct fixture *f, const char *name, const void *data, size_t size)
{
    FILE *const file = fopen(in_folder(f, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The content of a file; *size is set. */
static inline unsigned char *
read_file(struct fixture *f, const char *name, size_t *size)
{
    FILE *const file = fopen(in_folder(f, name), "rb");
    unsigned char *data;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    data = arena_alloc(&f->arena, *size);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

static inline void
assert_files_equal(struct fixture *f, const char *a, const char *b)
{
    size_t size_a, size_b;
    const unsigned char *const data_a = read_file(f, a, &size_a);
    const unsigned char *const data_b = read_file(f, b, &size_b);

    assert_int_equal(size_a, size_b);
    assert_memory_equal(data_a, data_b, size_a);
}

static inline bool
file_exists(struct fixture *f, const char *name)
{
    struct stat st;

    return lstat(in_folder(f, name), &st) == 0;
}

/* Number of entries in a folder of the fixture's. */
static inline int
count_files(struct fixture *f, const char *name)
{
    DIR *const dir = opendir(in_folder(f, name));
    int n = 0;

    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

/* ---- building --------------------------------------------------------- */

static inline Onnx__ModelProto *
new_model(struct fixture *f)
{
    Onnx__ModelProto *const model = arena_new(&f->arena, Onnx__ModelProto);
    Onnx__OperatorSetIdProto *const opset =
        arena_new(&f->arena, Onnx__OperatorSetIdProto);

    onnx__model_proto__init(model);
    model->has_ir_version = 1;
    model->ir_version = 8;
    onnx__operator_set_id_proto__init(opset);
    opset->has_version = 1;
    opset->version = 17;
    model->n_opset_import = 1;
    model->opset_import = arena_array(&f->arena, 1, Onnx__OperatorSetIdProto *);
    model->opset_import[0] = opset;
    model->graph = arena_new(&f->arena, Onnx__GraphProto);
    onnx__graph_proto__init(model->graph);
    model->graph->name = arena_strdup(&f->arena, "main");
    return model;
}

static inline Onnx__TensorProto *
new_tensor(struct fixture *f, const char *name, int elem, int64_t dim)
{
    Onnx__TensorProto *const tensor = arena_new(&f->arena, Onnx__TensorProto);

    onnx__tensor_proto__init(tensor);
    tensor->name = arena_strdup(&f->arena, name);
    tensor->has_data_type = 1;
    tensor->data_type = elem;
    tensor->n_dims = 1;
    tensor->dims = arena_array(&f->arena, 1, int64_t);
    tensor->dims[0] = dim;
    return tensor;
}

static inline void
set_raw(struct fixture *f, Onnx__TensorProto *tensor, const void *data,
        size_t size)
{
    tensor->has_raw_data = 1;
    tensor->raw_data.len = size;
    tensor->raw_data.data = (uint8_t *)arena_memdup(&f->arena, data, size);
}

/* FLOAT, with `n` values start, start + 0.37, ... as raw data. */
static inline Onnx__TensorProto *
new_floats(struct fixture *f, const char *name, int64_t n, float start)
{
    Onnx__TensorProto *const tensor = new_tensor(f, name, ELEM_FLOAT, n);
    float *const values = arena_array(&f->arena, (size_t)n, float);

    for (int64_t i = 0; i < n; i++)
        values[i] = start + 0.37f * (float)(i % 100000);
    set_raw(f, tensor, values, (size_t)n * sizeof *values);
    return tensor;
}

static inline void
add_initializer(struct fixture *f, Onnx__GraphProto *graph,
                Onnx__TensorProto *tensor)
{
    graph->initializer = arena_grow(&f->arena, graph->initializer,
                                    graph->n_initializer, sizeof tensor);
    graph->initializer[graph->n_initializer++] = tensor;
}

static inline Onnx__NodeProto *
add_node(struct fixture *f, Onnx__GraphProto *graph, const char *op)
{
    Onnx__NodeProto *const node = arena_new(&f->arena, Onnx__NodeProto);

    onnx__node_proto__init(node);
    node->op_type = arena_strdup(&f->arena, op);
    graph->node =
        arena_grow(&f->arena, graph->node, graph->n_node, sizeof node);
    graph->node[graph->n_node++] = node;
    return node;
}

static inline Onnx__AttributeProto *
add_attribute(struct fixture *f, Onnx__NodeProto *node, const char *name)
{
    Onnx__AttributeProto *const attribute =
        arena_new(&f->arena, Onnx__AttributeProto);

    onnx__attribute_proto__init(attribute);
    attribute->name = arena_strdup(&f->arena, name);
    node->attribute = arena_grow(&f->arena, node->attribute, node->n_attribute,
                                 sizeof attribute);
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

static inline void
add_entry(struct fixture *f, Onnx__TensorProto *tensor, const char *key,
          const char *value)
{
    Onnx__StringStringEntryProto *const entry =
        arena_new(&f->arena, Onnx__StringStringEntryProto);

    onnx__string_string_entry_proto__init(entry);
    entry->key = arena_strdup(&f->arena, key);
    entry->value = arena_strdup(&f->arena, value);
    tensor->external_data = arena_grow(&f->arena, tensor->external_data,
                                       tensor->n_external_data, sizeof entry);
    tensor->external_data[tensor->n_external_data++] = entry;
}

/* FLOAT with `n` values in an external file. */
static inline Onnx__TensorProto *
new_external(struct fixture *f, const char *name, int64_t n,
             const char *location)
{
    Onnx__TensorProto *const tensor = new_tensor(f, name, ELEM_FLOAT, n);

    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    add_entry(f, tensor, "location", location);
    return tensor;
}

static inline unsigned char *
pack_model(struct fixture *f, const Onnx__ModelProto *model, size_t *size)
{
    unsigned char *data;

    *size = onnx__model_proto__get_packed_size(model);
    data = arena_alloc(&f->arena, *size);
    onnx__model_proto__pack(model, data);
    return data;
}

static inline void
write_model(struct fixture *f, const char *name, const Onnx__ModelProto *model)
{
    size_t size;
    const unsigned char *const data = pack_model(f, model, &size);

    write_file(f, name, data, size);
}

/* ---- loading and saving ------------------------------------------------ */

static inline enum opp_status
load(struct fixture *f, const char *name)
{
    const char *const path = in_folder(f, name);

    model_close(&f->model);
    memset(&f->err, 0, sizeof f->err);
    if (setjmp(f->unwind) != 0)
        return error_set(&f->err, OPP_ENOMEM, "unwound");
    return model_load_file(&f->model, path, &f->load_options, &f->unwind,
                           &f->err);
}

static inline enum opp_status
load_bytes(struct fixture *f, const void *data, size_t size)
{
    model_close(&f->model);
    memset(&f->err, 0, sizeof f->err);
    if (setjmp(f->unwind) != 0)
        return error_set(&f->err, OPP_ENOMEM, "unwound");
    return model_load_memory(&f->model, data, size, &f->load_options,
                             &f->unwind, &f->err);
}

static inline enum opp_status
save(struct fixture *f, const char *name, bool changed)
{
    const char *const path = in_folder(f, name);

    memset(&f->err, 0, sizeof f->err);
    f->model.changed = changed;
    if (setjmp(f->unwind) != 0)
        return error_set(&f->err, OPP_ENOMEM, "unwound");
    return model_save_file(&f->model, path, &f->save_options, &f->err);
}

/* A loaded tensor, found by its number. */
static inline Onnx__TensorProto *
loaded(struct fixture *f, size_t i)
{
    return f->model.proto->graph->initializer[i];
}

static inline void
load_tensors(struct fixture *f, Onnx__TensorProto **tensors, size_t n)
{
    Onnx__ModelProto *const model = new_model(f);

    for (size_t i = 0; i < n; i++)
        add_initializer(f, model->graph, tensors[i]);
    write_model(f, "m.onnx", model);
    if (load(f, "m.onnx") != OPP_OK)
        fail_msg("%s | %s | %s", f->err.what, f->err.where, f->err.why);
}

static inline Onnx__TensorProto *
load_one(struct fixture *f, Onnx__TensorProto *tensor)
{
    load_tensors(f, &tensor, 1);
    return loaded(f, 0);
}

static inline Onnx__TensorProto *
new_typed(struct fixture *f, int elem, int64_t count, const int32_t *entries,
          size_t n)
{
    Onnx__TensorProto *const tensor = new_tensor(f, "t", elem, count);

    tensor->n_int32_data = n;
    tensor->int32_data = arena_array(&f->arena, n, int32_t);
    memcpy(tensor->int32_data, entries, n * sizeof *entries);
    return tensor;
}

#define assert_contains(text, part)                          \
    do {                                                     \
        if (strstr((text), (part)) == NULL)                  \
            fail_msg("\"%s\" lacks \"%s\"", (text), (part)); \
    } while (0)

#endif
