/* elem.h: the element types of ONNX (TensorProto.DataType of onnx 1.23.2) as
 * plain numbers with names and widths. Knows no protobuf. A number from a file
 * may be anything: every function here takes any int, and what is no element
 * type behaves as ELEM_UNDEFINED. */
#ifndef OPS_ELEM_H
#define OPS_ELEM_H

#include <stdbool.h>
#include <stdint.h>

/* X(member, number, name in type strings, bits of one element, kind).
 * Numbers and names: onnx.proto, TensorProto.DataType; bits: the same place,
 * packed types included. A string has no width. */
#define ELEM_TYPES(X)                                                          \
    X(UNDEFINED, 0, "undefined", 0, NONE)                                      \
    X(FLOAT, 1, "float", 32, FLOAT)                                            \
    X(UINT8, 2, "uint8", 8, UINT)                                              \
    X(INT8, 3, "int8", 8, INT)                                                 \
    X(UINT16, 4, "uint16", 16, UINT)                                           \
    X(INT16, 5, "int16", 16, INT)                                              \
    X(INT32, 6, "int32", 32, INT)                                              \
    X(INT64, 7, "int64", 64, INT)                                              \
    X(STRING, 8, "string", 0, STRING)                                          \
    X(BOOL, 9, "bool", 8, BOOL)                                                \
    X(FLOAT16, 10, "float16", 16, FLOAT)                                       \
    X(DOUBLE, 11, "double", 64, FLOAT)                                         \
    X(UINT32, 12, "uint32", 32, UINT)                                          \
    X(UINT64, 13, "uint64", 64, UINT)                                          \
    X(COMPLEX64, 14, "complex64", 64, COMPLEX)                                 \
    X(COMPLEX128, 15, "complex128", 128, COMPLEX)                              \
    X(BFLOAT16, 16, "bfloat16", 16, FLOAT)                                     \
    X(FLOAT8E4M3FN, 17, "float8e4m3fn", 8, FLOAT)                              \
    X(FLOAT8E4M3FNUZ, 18, "float8e4m3fnuz", 8, FLOAT)                          \
    X(FLOAT8E5M2, 19, "float8e5m2", 8, FLOAT)                                  \
    X(FLOAT8E5M2FNUZ, 20, "float8e5m2fnuz", 8, FLOAT)                          \
    X(UINT4, 21, "uint4", 4, UINT)                                             \
    X(INT4, 22, "int4", 4, INT)                                                \
    X(FLOAT4E2M1, 23, "float4e2m1", 4, FLOAT)                                  \
    X(FLOAT8E8M0, 24, "float8e8m0", 8, FLOAT)                                  \
    X(UINT2, 25, "uint2", 2, UINT)                                             \
    X(INT2, 26, "int2", 2, INT)                                                \
    X(FLOAT6E2M3, 27, "float6e2m3", 6, FLOAT)                                  \
    X(FLOAT6E3M2, 28, "float6e3m2", 6, FLOAT)

enum elem_type {
#define X(member, number, name, bits, kind) ELEM_##member = number,
    ELEM_TYPES(X)
#undef X
    ELEM_COUNT, /* no type: one more than the newest */
};

enum elem_kind {
    ELEM_KIND_NONE,
    ELEM_KIND_FLOAT, /* real numbers, from float4e2m1 to double */
    ELEM_KIND_INT,
    ELEM_KIND_UINT,
    ELEM_KIND_BOOL,
    ELEM_KIND_STRING,
    ELEM_KIND_COMPLEX,
};

/* The bit of a known element type in a 64-bit set of element types. */
#define ELEM_BIT(elem) (UINT64_C(1) << (elem))

/* The same for any number; 0 for what is no element type. */
uint64_t elem_bit(int elem);

/* As in type strings: "float", "float16", ...; "undefined" for none. */
const char *elem_name(int elem);

/* Width of one element as stored; 0 for strings and for none. */
int elem_bits(int elem);

enum elem_kind elem_kind(int elem);

/* True for real floating-point types of any width. */
bool elem_is_float(int elem);

/* The element type that people mean by `text`, in any case: the ONNX names and
 * the usual aliases (fp16, half, f32, bf16, ...). ELEM_UNDEFINED when it is
 * none of them. */
enum elem_type elem_parse(const char *text);

#endif
