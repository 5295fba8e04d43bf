/* Loading: files that are no models, tensors that are no tensors, and that a
 * model comes back as it was, with weights in every place there is. */
#include "model_fixture.h"

#include <sys/stat.h>

/* ---- files that are no models ------------------------------------------- */

static void
test_not_a_model(void **state)
{
    struct fixture *const f = *state;
    static const struct {
        const char *bytes, *what, *why;
    } cases[] = {
        {"", "is empty", ""},
        {"hello\n", "is not an ONNX model", "a text file"},
        {"version https://git-lfs.github.com/spec/v1\n", "is not an ONNX",
         "Git LFS pointer"},
        {"<!DOCTYPE html>", "is not an ONNX model", "web page"},
        {"<ir_version: 9>", "is not an ONNX model", "textual syntax"},
        {"PK\x03\x04", "is not an ONNX model", "zip archive"},
        {"\x89HDF\r\n\x1a\n", "is not an ONNX model", "HDF5"},
        {"\x1c\x01\x01\x01ORTM", "is not an ONNX model", "Runtime's own"},
        {"\x08\x08", "is not an ONNX model", "no graph"},
        {"\x08\x08\x3a\x02\x12", "ends early", ""},
        {"\x08\x08\x3a\x03\x12\x01g", "is incomplete", "no opset_import"},
        {"\x08\x08\x3a", "ends early", ""},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "is not a valid", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(f, "x", cases[i].bytes, strlen(cases[i].bytes));
        assert_int_equal(load(f, "x"), OPP_EINPUT);
        assert_contains(f->err.what, cases[i].what);
        assert_contains(f->err.why, cases[i].why);
        assert_null(strchr(f->err.what, '\n'));
    }
}

static void
test_not_a_file(void **state)
{
    struct fixture *const f = *state;

    assert_int_equal(load(f, "absent"), OPP_EINPUT);
    assert_contains(f->err.what, "No such file");
    assert_int_equal(load(f, ""), OPP_EINPUT);
    assert_contains(f->err.what, "is a folder");
}

/* Old models, as onnx 1.0 wrote them, have no opset_import. */
static void
test_old_model(void **state)
{
    struct fixture *const f = *state;

    assert_int_equal(load_bytes(f, "\x08\x02\x3a\x03\x12\x01g", 7), OPP_OK);
}

static void
test_cut_everywhere(void **state)
{
    struct fixture *const f = *state;
    Onnx__ModelProto *const model = new_model(f);
    unsigned char *data;
    size_t size;

    add_initializer(f, model->graph, new_floats(f, "w", 1100, 1));
    add_initializer(f, model->graph, new_floats(f, "b", 3, 2));
    data = pack_model(f, model, &size);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(load_bytes(f, data, cut), OPP_EINPUT);
        assert_true(strstr(f->err.what, "ends early") != NULL ||
                    strstr(f->err.what, "is empty") != NULL ||
                    strstr(f->err.what, "is incomplete") != NULL ||
                    strstr(f->err.why, "no graph") != NULL);
    }
    assert_int_equal(load_bytes(f, data, size), OPP_OK);
}

static void
test_pipe(void **state)
{
    struct fixture *const f = *state;
    Onnx__ModelProto *const model = new_model(f);

    add_initializer(f, model->graph, new_floats(f, "w", 5000, 1));
    write_model(f, "m.onnx", model);
    assert_int_equal(mkfifo(in_folder(f, "fifo"), 0600), 0);
    assert_int_equal(system(arena_printf(&f->arena, "cat %s/m.onnx > %s/fifo &",
                                         f->folder, f->folder)),
                     0);
    assert_int_equal(load(f, "fifo"), OPP_OK);
    assert_int_equal(save(f, "o.onnx", true), OPP_OK);
    assert_files_equal(f, "m.onnx", "o.onnx");
}

/* ---- tensors ------------------------------------------------------------- */

static enum opp_status
load_tensor(struct fixture *f, Onnx__TensorProto *tensor)
{
    Onnx__ModelProto *const model = new_model(f);
    unsigned char *data;
    size_t size;

    add_initializer(f, model->graph, tensor);
    data = pack_model(f, model, &size);
    return load_bytes(f, data, size);
}

/* Bytes that two elements need as raw data, by element type. */
static void
test_raw_sizes(void **state)
{
    struct fixture *const f = *state;
    static const struct {
        int elem;
        size_t count, bytes;
    } cases[] = {
        {ELEM_FLOAT, 2, 8},        {ELEM_UINT8, 2, 2},
        {ELEM_INT16, 2, 4},        {ELEM_INT64, 2, 16},
        {ELEM_BOOL, 2, 2},         {ELEM_FLOAT16, 2, 4},
        {ELEM_COMPLEX64, 2, 16},   {ELEM_COMPLEX128, 2, 32},
        {ELEM_FLOAT8E4M3FN, 2, 2}, {ELEM_UINT4, 3, 2},
        {ELEM_INT2, 5, 2},         {ELEM_FLOAT6E2M3, 3, 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t size = 1; size < 40; size++) {
            Onnx__TensorProto *const tensor =
                new_tensor(f, "w", cases[i].elem, (int64_t)cases[i].count);
            set_raw(f, tensor, arena_alloc(&f->arena, size), size);
            assert_int_equal(load_tensor(f, tensor),
                             size == cases[i].bytes ? OPP_OK : OPP_EINPUT);
        }
}

static void
test_typed_counts(void **state)
{
    struct fixture *const f = *state;
    static const struct {
        int elem;
        size_t count, entries;
    } cases[] = {
        {ELEM_FLOAT16, 3, 3}, {ELEM_INT32, 3, 3}, {ELEM_BOOL, 3, 3},
        {ELEM_UINT4, 3, 2},   {ELEM_INT2, 5, 2},  {ELEM_FLOAT6E3M2, 3, 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t entries = 1; entries < 6; entries++) {
            Onnx__TensorProto *const tensor =
                new_tensor(f, "w", cases[i].elem, (int64_t)cases[i].count);
            tensor->n_int32_data = entries;
            tensor->int32_data = arena_array(&f->arena, entries, int32_t);
            assert_int_equal(load_tensor(f, tensor),
                             entries == cases[i].entries ? OPP_OK : OPP_EINPUT);
        }
}

static void
refuse_tensor(struct fixture *f, Onnx__TensorProto *tensor, const char *what)
{
    assert_int_equal(load_tensor(f, tensor), OPP_EINPUT);
    assert_contains(f->err.what, what);
    assert_contains(f->err.where, "initializer `w`, graph `main`");
}

static void
test_bad_tensors(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor = new_floats(f, "w", 2, 0);

    tensor->dims[0] = -2;
    refuse_tensor(f, tensor, "a dimension is negative");

    tensor = new_floats(f, "w", 2, 0);
    tensor->n_dims = 3;
    tensor->dims = arena_array(&f->arena, 3, int64_t);
    for (int i = 0; i < 3; i++)
        tensor->dims[i] = INT64_C(1) << 32;
    refuse_tensor(f, tensor, "the shape is too large");
    tensor->dims[1] = 0;
    refuse_tensor(f, tensor, "the shape is too large");

    tensor = new_tensor(f, "w", ELEM_FLOAT, 2);
    refuse_tensor(f, tensor, "does not fit its shape");
    tensor->n_dims = 0;
    refuse_tensor(f, tensor, "does not fit its shape");

    tensor = new_tensor(f, "w", ELEM_INT64, 1);
    tensor->n_float_data = 1;
    tensor->float_data = &(float){1};
    refuse_tensor(f, tensor, "in two or in a wrong field");
    tensor = new_floats(f, "w", 1, 0);
    tensor->n_float_data = 1;
    tensor->float_data = &(float){1};
    refuse_tensor(f, tensor, "in two or in a wrong field");

    tensor = new_tensor(f, "w", ELEM_STRING, 1);
    set_raw(f, tensor, "abc", 3);
    refuse_tensor(f, tensor, "strings cannot be raw");

    tensor = new_floats(f, "w", 2, 0);
    tensor->segment = arena_new(&f->arena, Onnx__TensorProto__Segment);
    onnx__tensor_proto__segment__init(tensor->segment);
    refuse_tensor(f, tensor, "segment");
}

static void
test_good_tensors(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor = new_tensor(f, "w", ELEM_FLOAT, 0);

    assert_int_equal(load_tensor(f, tensor), OPP_OK);
    set_raw(f, tensor, "", 0);
    assert_int_equal(load_tensor(f, tensor), OPP_OK);

    /* An empty raw_data says nothing beside typed data. */
    tensor = new_tensor(f, "w", ELEM_FLOAT, 1);
    set_raw(f, tensor, "", 0);
    tensor->n_float_data = 1;
    tensor->float_data = &(float){1};
    assert_int_equal(load_tensor(f, tensor), OPP_OK);

    /* Types of later versions are passed on. */
    tensor = new_tensor(f, "w", 99, 7);
    set_raw(f, tensor, "abc", 3);
    assert_int_equal(load_tensor(f, tensor), OPP_OK);
    tensor->has_data_type = 0;
    tensor->data_type = 0;
    assert_int_equal(load_tensor(f, tensor), OPP_OK);
}

/* The place names the way through subgraphs. */
static void
test_place_in_subgraph(void **state)
{
    struct fixture *const f = *state;
    Onnx__ModelProto *const model = new_model(f);
    Onnx__NodeProto *const node = add_node(f, model->graph, "If");
    Onnx__AttributeProto *const attribute =
        add_attribute(f, node, "then_branch");
    Onnx__NodeProto *inner;
    unsigned char *data;
    size_t size;

    attribute->g = arena_new(&f->arena, Onnx__GraphProto);
    onnx__graph_proto__init(attribute->g);
    inner = add_node(f, attribute->g, "Constant");
    inner->name = arena_strdup(&f->arena, "c");
    add_attribute(f, inner, "value")->t = new_tensor(f, "", ELEM_FLOAT, 3);
    data = pack_model(f, model, &size);
    assert_int_equal(load_bytes(f, data, size), OPP_EINPUT);
    assert_string_equal(f->err.where,
                        "<memory>  attribute `value`, node `c`, graph number "
                        "0, attribute `then_branch`, node number 0, graph "
                        "`main`");
}

/* ---- round trips --------------------------------------------------------- */

static Onnx__SparseTensorProto *
new_sparse(struct fixture *f, float start)
{
    Onnx__SparseTensorProto *const sparse =
        arena_new(&f->arena, Onnx__SparseTensorProto);

    onnx__sparse_tensor_proto__init(sparse);
    sparse->values = new_floats(f, "values", 1500, start);
    sparse->indices = new_tensor(f, "indices", ELEM_INT64, 1500);
    set_raw(f, sparse->indices, arena_alloc(&f->arena, 12000), 12000);
    return sparse;
}

/* Every field of an attribute that can hold weights. */
static void
fill_attribute(struct fixture *f, Onnx__AttributeProto *attribute, float start)
{
    attribute->t = new_floats(f, "t", 1200, start);
    attribute->n_tensors = 2;
    attribute->tensors = arena_array(&f->arena, 2, Onnx__TensorProto *);
    attribute->tensors[0] = new_floats(f, "a", 3, start + 1);
    attribute->tensors[1] = new_floats(f, "b", 2000, start + 2);
    attribute->sparse_tensor = new_sparse(f, start + 3);
    attribute->n_sparse_tensors = 1;
    attribute->sparse_tensors =
        arena_array(&f->arena, 1, Onnx__SparseTensorProto *);
    attribute->sparse_tensors[0] = new_sparse(f, start + 4);
}

static Onnx__GraphProto *
new_full_graph(struct fixture *f, float start)
{
    Onnx__GraphProto *const graph = arena_new(&f->arena, Onnx__GraphProto);

    onnx__graph_proto__init(graph);
    graph->name = arena_strdup(&f->arena, "full");
    add_initializer(f, graph, new_floats(f, "w", 3000, start + 5));
    add_initializer(f, graph, new_floats(f, "s", 5, start + 6));
    graph->n_sparse_initializer = 1;
    graph->sparse_initializer =
        arena_array(&f->arena, 1, Onnx__SparseTensorProto *);
    graph->sparse_initializer[0] = new_sparse(f, start + 7);
    fill_attribute(f, add_attribute(f, add_node(f, graph, "X"), "x"), start);
    return graph;
}

static Onnx__FunctionProto *
new_full_function(struct fixture *f)
{
    Onnx__FunctionProto *const function =
        arena_new(&f->arena, Onnx__FunctionProto);
    Onnx__NodeProto *const node = arena_new(&f->arena, Onnx__NodeProto);

    onnx__function_proto__init(function);
    onnx__node_proto__init(node);
    fill_attribute(f, add_attribute(f, node, "value"), 300);
    function->n_node = 1;
    function->node = arena_array(&f->arena, 1, Onnx__NodeProto *);
    function->node[0] = node;
    function->n_attribute_proto = 1;
    function->attribute_proto = node->attribute;
    return function;
}

/* Weights wherever a model can have them, and a field that nobody knows. */
static Onnx__ModelProto *
new_full_model(struct fixture *f)
{
    Onnx__ModelProto *const model = new_model(f);
    Onnx__AttributeProto *body;

    model->graph = new_full_graph(f, 0);
    body = add_attribute(f, add_node(f, model->graph, "If"), "then_branch");
    body->g = new_full_graph(f, 100);
    body->n_graphs = 1;
    body->graphs = arena_array(&f->arena, 1, Onnx__GraphProto *);
    body->graphs[0] = new_full_graph(f, 200);
    model->n_training_info = 1;
    model->training_info = arena_array(&f->arena, 1, Onnx__TrainingInfoProto *);
    model->training_info[0] = arena_new(&f->arena, Onnx__TrainingInfoProto);
    onnx__training_info_proto__init(model->training_info[0]);
    model->training_info[0]->initialization = new_full_graph(f, 400);
    model->training_info[0]->algorithm = new_full_graph(f, 500);
    model->n_functions = 1;
    model->functions = arena_array(&f->arena, 1, Onnx__FunctionProto *);
    model->functions[0] = new_full_function(f);
    model->base.n_unknown_fields = 1;
    model->base.unknown_fields =
        arena_new(&f->arena, ProtobufCMessageUnknownField);
    *model->base.unknown_fields = (ProtobufCMessageUnknownField){
        .tag = 4711,
        .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT,
        .len = 2,
        .data = (uint8_t *)arena_strdup(&f->arena, "\x81\x01"),
    };
    return model;
}

static void
test_every_place_comes_back(void **state)
{
    struct fixture *const f = *state;
    size_t size;
    const unsigned char *const data = pack_model(f, new_full_model(f), &size);

    write_file(f, "m.onnx", data, size);
    assert_int_equal(load(f, "m.onnx"), OPP_OK);
    assert_true(f->model.arena.used < size);
    assert_int_equal(save(f, "changed.onnx", true), OPP_OK);
    assert_files_equal(f, "m.onnx", "changed.onnx");
    assert_int_equal(save(f, "same.onnx", false), OPP_OK);
    assert_files_equal(f, "m.onnx", "same.onnx");
    assert_int_equal(load_bytes(f, data, size), OPP_OK);
    assert_int_equal(save(f, "memory.onnx", true), OPP_OK);
    assert_files_equal(f, "m.onnx", "memory.onnx");
    assert_int_equal(save(f, "memory2.onnx", false), OPP_OK);
    assert_files_equal(f, "m.onnx", "memory2.onnx");
}

/* Fields of all sizes across the edges of the reader's window. */
static void
test_window_edges(void **state)
{
    struct fixture *const f = *state;
    Onnx__ModelProto *const model = new_model(f);
    unsigned random = 1;

    for (int i = 0; i < 300; i++) {
        Onnx__NodeProto *const node = add_node(f, model->graph, "Op");
        random = random * 1103515245 + 12345;
        const size_t length = random >> 8 & 0x1FFF;
        node->doc_string = arena_alloc(&f->arena, length + 1);
        memset(node->doc_string, 'a' + i % 26, length);
        if (i % 7 == 0)
            add_initializer(f, model->graph,
                            new_floats(f, "w", (int64_t)length, (float)i));
    }
    write_model(f, "m.onnx", model);
    assert_int_equal(load(f, "m.onnx"), OPP_OK);
    assert_int_equal(save(f, "o.onnx", true), OPP_OK);
    assert_files_equal(f, "m.onnx", "o.onnx");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_not_a_model),
        model_test(test_not_a_file),
        model_test(test_old_model),
        model_test(test_cut_everywhere),
        model_test(test_pipe),
        model_test(test_raw_sizes),
        model_test(test_typed_counts),
        model_test(test_bad_tensors),
        model_test(test_good_tensors),
        model_test(test_place_in_subgraph),
        model_test(test_every_place_comes_back),
        model_test(test_window_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
