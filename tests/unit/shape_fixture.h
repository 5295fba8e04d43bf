/* shape_fixture.h: tiny models with dimensions, and what is expected of their
 * shapes. For test_shapes.c. */
#ifndef TESTS_SHAPE_FIXTURE_H
#define TESTS_SHAPE_FIXTURE_H

#include <stdio.h>

#include "facts/shapes.h"
#include "tiny_model.h"

/* ---- models ----------------------------------------------------------- */

/* Gives a value_info dims: "2 N ?" with ? for an unknown one. */
static inline void
set_dims(struct tiny *t, Onnx__ValueInfoProto *info, const char *text)
{
    struct arena *const arena = &t->model.arena;
    Onnx__TensorShapeProto *const shape =
        arena_new(arena, Onnx__TensorShapeProto);
    char **const words = tiny_words(t, text, &shape->n_dim);
    const size_t n = shape->n_dim;

    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = n;
    shape->dim = arena_array(arena, n, Onnx__TensorShapeProto__Dimension *);
    for (size_t i = 0; i < n; i++) {
        Onnx__TensorShapeProto__Dimension *const dim =
            arena_new(arena, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(dim);
        shape->dim[i] = dim;
        if (words[i][0] == '?')
            continue;
        if (words[i][0] >= 'A') {
            dim->value_case =
                ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = words[i];
            continue;
        }
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = atoi(words[i]);
    }
    info->type->tensor_type->shape = shape;
}

static inline void
add_hint(struct tiny *t, Onnx__GraphProto *graph, const char *typed,
         const char *dims)
{
    Onnx__ValueInfoProto *const info = tiny_info(t, typed);

    set_dims(t, info, dims);
    graph->value_info =
        arena_grow(&t->model.arena, graph->value_info, graph->n_value_info,
                   sizeof *graph->value_info);
    graph->value_info[graph->n_value_info++] = info;
}

static inline void
set_ints(struct tiny *t, Onnx__AttributeProto *attr, const char *text)
{
    char **const words = tiny_words(t, text, &attr->n_ints);

    attr->ints = arena_array(&t->model.arena, attr->n_ints, int64_t);
    for (size_t i = 0; i < attr->n_ints; i++)
        attr->ints[i] = atoll(words[i]);
}

/* A Constant of the vector `text`. */
static inline void
add_vector(struct tiny *t, Onnx__GraphProto *graph, const char *name,
           const char *text)
{
    Onnx__NodeProto *const node = tiny_node(t, graph, "Constant", "", name);

    set_ints(t, tiny_attr(t, node, "value_ints"), text);
}

static inline Onnx__TensorProto *
int64_tensor(struct tiny *t, const char *name, const char *text)
{
    Onnx__TensorProto *const tensor = tiny_tensor(t, name, ELEM_INT64, 0);
    char **const words = tiny_words(t, text, &tensor->n_int64_data);

    tensor->dims[0] = (int64_t)tensor->n_int64_data;
    tensor->int64_data =
        arena_array(&t->model.arena, tensor->n_int64_data, int64_t);
    for (size_t i = 0; i < tensor->n_int64_data; i++)
        tensor->int64_data[i] = atoll(words[i]);
    return tensor;
}

static inline const struct shapes *
compute(struct tiny *t)
{
    if (tiny_index(t) != OPP_OK)
        fail_msg("%s", t->err.what);
    return shapes_compute(&t->model.arena, &t->module, t->types);
}

static inline const struct value *
find(const struct tiny *t, const char *name)
{
    for (uint32_t i = 0; i < t->module.n_values; i++)
        if (strcmp(t->module.values[i]->name, name) == 0)
            return t->module.values[i];
    fail_msg("no value `%s`", name);
    return NULL;
}

/* ---- expectations ----------------------------------------------------- */

static inline void
write_dims(char *text, size_t size, const struct shapes *shapes,
           const struct dim *dims, uint32_t n)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < n && used < size; i++) {
        char item[32] = "?";
        if (dims[i].kind == DIM_KNOWN)
            snprintf(item, sizeof item, "%lld", (long long)dims[i].n);
        else if (dims[i].kind == DIM_SYMBOL)
            snprintf(item, sizeof item, "%s", shapes_symbol(shapes, dims[i]));
        used += (size_t)snprintf(text + used, size - used, "%s%s%s",
                                 i > 0 ? " " : "", item,
                                 dims[i].assumed ? "!" : "");
    }
}

/* Shape of `name` as text, "!" after what is assumed; NULL for no shape. */
static inline void
expect(const struct tiny *t, const struct shapes *shapes, const char *name,
       const char *dims)
{
    const struct shape *const shape = shapes_of(shapes, find(t, name));
    char text[512];

    if (dims == NULL) {
        assert_false(shape->known);
        return;
    }
    assert_true(shape->known);
    write_dims(text, sizeof text, shapes, shape->dims, shape->rank);
    assert_string_equal(text, dims);
}

static inline void
expect_ints(const struct tiny *t, const struct shapes *shapes, const char *name,
            const char *ints)
{
    const struct shape *const shape = shapes_of(shapes, find(t, name));
    char text[512];

    assert_int_equal(shape->has_ints, ints != NULL);
    if (ints == NULL)
        return;
    write_dims(text, sizeof text, shapes, shape->ints, shape->n_ints);
    assert_string_equal(text, ints);
}

#endif
