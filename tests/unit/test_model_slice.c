/* The scan over the wire: what it refuses, what it takes out, and that
 * nothing is lost on the way through protobuf-c. */
#include "model_fixture.h"

#include "model/payload.h"
#include "model/slice.h"

enum { VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 };

/* Wire format by hand. */
struct wire {
    unsigned char data[1 << 20];
    size_t size;
};

static struct wire *
new_wire(struct fixture *f)
{
    return arena_new(&f->arena, struct wire);
}

static void
put(struct wire *w, const void *data, size_t size)
{
    assert_true(size <= sizeof w->data - w->size);
    memcpy(w->data + w->size, data, size);
    w->size += size;
}

/* A varint of at least `length` bytes. */
static void
put_varint(struct wire *w, uint64_t value, int length)
{
    do {
        unsigned char byte = value & 0x7F;
        value >>= 7;
        length--;
        if (value != 0 || length > 0)
            byte |= 0x80;
        put(w, &byte, 1);
    } while (value != 0 || length > 0);
}

static void
put_tag(struct wire *w, uint64_t number, unsigned wire)
{
    put_varint(w, number << 3 | wire, 0);
}

static void
put_number(struct wire *w, uint64_t number, uint64_t value)
{
    put_tag(w, number, VARINT);
    put_varint(w, value, 0);
}

static void
put_bytes(struct wire *w, uint64_t number, const void *data, size_t size)
{
    put_tag(w, number, BYTES);
    put_varint(w, size, 0);
    put(w, data, size);
}

static void
put_text(struct wire *w, uint64_t number, const char *text)
{
    put_bytes(w, number, text, strlen(text));
}

static void
put_wire(struct wire *w, uint64_t number, const struct wire *message)
{
    put_bytes(w, number, message->data, message->size);
}

/* Field numbers of onnx.proto. */
enum {
    MODEL_IR_VERSION = 1,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    NODE_INPUT = 1,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_S = 4,
    ATTRIBUTE_G = 6,
    VALUE_TYPE = 2,
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_FLOATS = 4,
    TENSOR_INT64S = 7,
    TENSOR_RAW = 9,
};

/* A model whose graph is `graph`. */
static struct wire *
model_of(struct fixture *f, const struct wire *graph)
{
    struct wire *const w = new_wire(f);
    struct wire *const opset = new_wire(f);

    put_number(w, MODEL_IR_VERSION, 8);
    put_number(opset, 2, 17);
    put_wire(w, MODEL_OPSET, opset);
    put_wire(w, MODEL_GRAPH, graph);
    return w;
}

static struct wire *
model_of_tensor(struct fixture *f, const struct wire *tensor)
{
    struct wire *const graph = new_wire(f);

    put_wire(graph, GRAPH_INITIALIZER, tensor);
    return model_of(f, graph);
}

static void
accept(struct fixture *f, const struct wire *w)
{
    if (load_bytes(f, w->data, w->size) != OPP_OK)
        fail_msg("%s | %s | %s", f->err.what, f->err.where, f->err.why);
}

static void
refuse(struct fixture *f, const struct wire *w, const char *what,
       const char *where)
{
    assert_int_equal(load_bytes(f, w->data, w->size), OPP_EINPUT);
    assert_int_equal(f->err.status, OPP_EINPUT);
    assert_contains(f->err.what, what);
    assert_contains(f->err.where, where);
}

/* ---- fields ------------------------------------------------------------- */

static void
test_smallest_model(void **state)
{
    struct fixture *const f = *state;

    accept(f, model_of(f, new_wire(f)));
    assert_int_equal(f->model.proto->ir_version, 8);
}

static void
test_field_numbers(void **state)
{
    struct fixture *const f = *state;
    struct wire *graph = new_wire(f);

    put_number(graph, (1u << 29) - 1, 1);
    accept(f, model_of(f, graph));
    assert_int_equal(f->model.proto->graph->base.n_unknown_fields, 1);
    graph = new_wire(f);
    put_number(graph, 1u << 29, 1);
    refuse(f, model_of(f, graph), "field number is out of range",
           "graph, byte offset 8");
    graph = new_wire(f);
    put_number(graph, 0, 1);
    refuse(f, model_of(f, graph), "field number is out of range", "graph");
}

static void
test_groups(void **state)
{
    struct fixture *const f = *state;

    for (unsigned wire = GROUP; wire <= GROUP_END; wire++) {
        struct wire *const graph = new_wire(f);
        put_tag(graph, 100, wire);
        put(graph, "", 1);
        refuse(f, model_of(f, graph), "groups are not supported",
               "graph, field number 100 at byte offset 8");
    }
}

static void
test_wire_types(void **state)
{
    struct fixture *const f = *state;
    struct wire *graph = new_wire(f);

    put_tag(graph, 100, 6);
    refuse(f, model_of(f, graph), "wire type does not exist", "number 100");
    graph = new_wire(f);
    put_number(graph, GRAPH_NAME, 5);
    refuse(f, model_of(f, graph), "wrong wire type", "field graph.name");
    graph = new_wire(f);
    put_number(graph, GRAPH_NODE, 5);
    refuse(f, model_of(f, graph), "wrong wire type", "field graph.node");
}

static void
test_nul_in_text(void **state)
{
    struct fixture *const f = *state;
    struct wire *graph = new_wire(f), *node = new_wire(f);
    struct wire *const attribute = new_wire(f);

    put_bytes(graph, GRAPH_NAME, "a\0b", 3);
    refuse(f, model_of(f, graph), "NUL", "field graph.name");
    graph = new_wire(f);
    put_bytes(node, NODE_INPUT, "a\0b", 3);
    put_wire(graph, GRAPH_NODE, node);
    refuse(f, model_of(f, graph), "NUL", "field graph.node.input");
    /* Bytes may hold NUL, and texts what is no UTF-8. */
    graph = new_wire(f);
    node = new_wire(f);
    put_bytes(attribute, ATTRIBUTE_S, "a\0b", 3);
    put_wire(node, NODE_ATTRIBUTE, attribute);
    put_text(node, NODE_INPUT, "\xFF\xFE");
    put_wire(graph, GRAPH_NODE, node);
    accept(f, model_of(f, graph));
}

/* The NUL is looked for in pieces of 64 KiB. */
static void
test_nul_in_long_text(void **state)
{
    struct fixture *const f = *state;
    char *const text = arena_alloc(&f->arena, 200000);

    for (size_t at = 0; at < 200000; at += 9973) {
        struct wire *const graph = new_wire(f);
        memset(text, 'x', 200000);
        text[at] = '\0';
        put_bytes(graph, GRAPH_NAME, text, 200000);
        refuse(f, model_of(f, graph), "NUL", "graph.name");
    }
}

static void
test_duplicates(void **state)
{
    struct fixture *const f = *state;
    struct wire *const graph = new_wire(f), *w = model_of(f, graph);
    struct wire *const value = new_wire(f), *const type = new_wire(f);
    struct wire *const twice = new_wire(f);

    put_wire(w, MODEL_GRAPH, graph);
    refuse(f, w, "may occur once occurs twice", "field graph");
    /* tensor_type and sequence_type are members of one oneof. */
    put_bytes(type, 1, "", 0);
    put_bytes(type, 4, "", 0);
    put_wire(value, VALUE_TYPE, type);
    put_wire(graph, GRAPH_INPUT, value);
    refuse(f, model_of(f, graph), "occurs twice",
           "field graph.input.type.sequence_type");
    put_text(twice, GRAPH_NAME, "first");
    put_text(twice, GRAPH_NAME, "second");
    accept(f, model_of(f, twice));
    assert_string_equal(f->model.proto->graph->name, "second");
}

static void
test_two_raw_data(void **state)
{
    struct fixture *const f = *state;
    static const unsigned char zeros[8192];

    for (size_t first = 16; first <= 8192; first += 8176)
        for (size_t second = 16; second <= 8192; second += 8176) {
            struct wire *const tensor = new_wire(f);
            put_bytes(tensor, TENSOR_RAW, zeros, first);
            put_bytes(tensor, TENSOR_RAW, zeros, second);
            refuse(f, model_of_tensor(f, tensor), "occurs twice",
                   "field graph.initializer.raw_data");
        }
}

static void
test_packed_numbers(void **state)
{
    struct fixture *const f = *state;
    struct wire *tensor = new_wire(f);

    put_bytes(tensor, TENSOR_FLOATS, "1234567", 7);
    refuse(f, model_of_tensor(f, tensor), "packed numbers are cut",
           "float_data");
    tensor = new_wire(f);
    put_bytes(tensor, TENSOR_INT64S, "\x01\x80", 2);
    refuse(f, model_of_tensor(f, tensor), "packed number does not end",
           "int64_data");
    tensor = new_wire(f);
    put_bytes(tensor, TENSOR_INT64S,
              "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11);
    refuse(f, model_of_tensor(f, tensor), "packed number does not end",
           "int64_data");
    /* One by one is legal for packed fields, and packed for dims. */
    tensor = new_wire(f);
    put_number(tensor, TENSOR_TYPE, ELEM_INT64);
    put_bytes(tensor, TENSOR_DIMS, "\x01\x02", 2);
    put_number(tensor, TENSOR_INT64S, 5);
    put_bytes(tensor, TENSOR_INT64S, "\x07", 1);
    accept(f, model_of_tensor(f, tensor));
    assert_int_equal(f->model.proto->graph->initializer[0]->n_dims, 2);
    assert_int_equal(f->model.proto->graph->initializer[0]->int64_data[1], 7);
}

static void
test_lengths(void **state)
{
    struct fixture *const f = *state;
    struct wire *graph = new_wire(f), *w;

    put_tag(graph, GRAPH_NODE, BYTES);
    put_varint(graph, 100, 0);
    w = model_of(f, graph);
    refuse(f, w, "ends early: field graph.node needs 100 bytes at offset 10",
           "");
    put(w, arena_alloc(&f->arena, 200), 200);
    refuse(f, w, "a field is longer than its message", "field graph.node");
    graph = new_wire(f);
    put_tag(graph, GRAPH_NODE, BYTES);
    put_varint(graph, UINT64_MAX, 0);
    refuse(f, model_of(f, graph), "needs 18446744073709551615 bytes", "");
    graph = new_wire(f);
    put_tag(graph, 100, FIXED64);
    put(graph, "1234567", 7);
    refuse(f, model_of(f, graph), "needs 8 bytes", "");
}

static void
test_overlong_numbers(void **state)
{
    struct fixture *const f = *state;

    for (int length = 1; length <= 11; length++) {
        struct wire *const graph = new_wire(f);
        put_tag(graph, GRAPH_NAME, BYTES);
        put_varint(graph, 3, length);
        put(graph, "abc", 3);
        if (length > 10) {
            refuse(f, model_of(f, graph), "a length does not end", "name");
            continue;
        }
        accept(f, model_of(f, graph));
        assert_string_equal(f->model.proto->graph->name, "abc");
    }
    for (int length = 1; length <= 6; length++) {
        struct wire *const graph = new_wire(f);
        put_varint(graph, GRAPH_NAME << 3 | BYTES, length);
        put_varint(graph, 3, 0);
        put(graph, "abc", 3);
        if (length > 5)
            refuse(f, model_of(f, graph), "field number does not end", "");
        else
            accept(f, model_of(f, graph));
    }
}

/* ---- depth -------------------------------------------------------------- */

/* A model with messages nested `depth` deep: graph, node, attribute, ... */
static struct wire *
nested(struct fixture *f, unsigned depth)
{
    static const unsigned numbers[] = {NODE_ATTRIBUTE, ATTRIBUTE_G, GRAPH_NODE};
    struct wire *inner = new_wire(f), *outer = new_wire(f);

    for (unsigned level = depth; level > 1; level--) {
        outer->size = 0;
        put_wire(outer, numbers[level % 3], inner);
        struct wire *const swap = inner;
        inner = outer;
        outer = swap;
    }
    return model_of(f, inner);
}

static void
test_depth(void **state)
{
    struct fixture *const f = *state;

    accept(f, nested(f, 100));
    refuse(f, nested(f, 101), "nested more than 100 deep", "attribute");
    refuse(f, nested(f, 20000), "nested more than 100 deep", "attribute");
}

/* ---- payloads ----------------------------------------------------------- */

static void
test_payload_threshold(void **state)
{
    struct fixture *const f = *state;
    static unsigned char values[SLICE_PAYLOAD_MIN];

    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (unsigned char)(i * 7);
    for (size_t size = SLICE_PAYLOAD_MIN - 1; size <= SLICE_PAYLOAD_MIN;
         size++) {
        struct wire *const tensor = new_wire(f);
        const Onnx__TensorProto *loaded;
        const struct payload *payload;
        put_number(tensor, TENSOR_DIMS, size);
        put_number(tensor, TENSOR_TYPE, ELEM_UINT8);
        put_bytes(tensor, TENSOR_RAW, values, size);
        accept(f, model_of_tensor(f, tensor));
        loaded = f->model.proto->graph->initializer[0];
        payload = payload_of(&f->model, loaded);
        assert_int_equal(loaded->raw_data.len, size);
        assert_int_equal(payload != NULL, size == SLICE_PAYLOAD_MIN);
        if (payload != NULL) {
            unsigned char read[SLICE_PAYLOAD_MIN];
            assert_int_equal(payload_read(payload, 0, read, size, &f->err),
                             OPP_OK);
            assert_memory_equal(read, values, size);
        }
    }
}

/* 24 bytes are as long as a token, and no token. */
static void
test_token_cannot_be_forged(void **state)
{
    struct fixture *const f = *state;
    struct wire *const tensor = new_wire(f);

    put_number(tensor, TENSOR_DIMS, 24);
    put_number(tensor, TENSOR_TYPE, ELEM_UINT8);
    put_bytes(tensor, TENSOR_RAW, arena_alloc(&f->arena, 24), 24);
    accept(f, model_of_tensor(f, tensor));
    assert_null(payload_of(&f->model, f->model.proto->graph->initializer[0]));
}

/* ---- memory ------------------------------------------------------------- */

static void
test_memory_limit(void **state)
{
    struct fixture *const f = *state;
    struct wire *const graph = new_wire(f), *w;

    for (int i = 0; i < 100000; i++)
        put_bytes(graph, GRAPH_NODE, "", 0);
    w = model_of(f, graph);
    f->load_options.memory_limit = 4 << 20;
    assert_int_equal(load_bytes(f, w->data, w->size), OPP_ENOMEM);
    assert_contains(f->err.help, "--memory-limit");
    f->load_options.memory_limit = 150000;
    assert_int_equal(load_bytes(f, w->data, w->size), OPP_ENOMEM);
    f->load_options.memory_limit = 1;
    assert_int_equal(load_bytes(f, w->data, w->size), OPP_ENOMEM);
    f->load_options.memory_limit = 0;
    accept(f, w);
    assert_int_equal(f->model.proto->graph->n_node, 100000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_smallest_model),
        model_test(test_field_numbers),
        model_test(test_groups),
        model_test(test_wire_types),
        model_test(test_nul_in_text),
        model_test(test_nul_in_long_text),
        model_test(test_duplicates),
        model_test(test_two_raw_data),
        model_test(test_packed_numbers),
        model_test(test_lengths),
        model_test(test_overlong_numbers),
        model_test(test_depth),
        model_test(test_payload_threshold),
        model_test(test_token_cannot_be_forged),
        model_test(test_memory_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
