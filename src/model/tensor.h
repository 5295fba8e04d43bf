/* tensor.h: the values of a TensorProto, wherever they are stored: raw_data
 * in memory, a range of a file, external data, or one of the typed repeated
 * fields. Callers never look at the storage themselves. A TensorProto given
 * here belongs to the model (or to its arena). */
#ifndef MODEL_TENSOR_H
#define MODEL_TENSOR_H

#include "model/model.h"
#include "numeric/range.h"

/* Number of elements; 1 for a scalar (no dims), 0 when a dim is 0. Load has
 * checked that the product does not overflow and that the bytes fit. */
uint64_t tensor_count(const Onnx__TensorProto *tensor);

/* Bytes of the values as raw_data stores them (packed 4-bit and 2-bit types
 * included); 0 for strings. */
uint64_t tensor_bytes(const Onnx__TensorProto *tensor);

bool tensor_is_external(const Onnx__TensorProto *tensor);

/* The format of the values of element type FLOAT16 or BFLOAT16. */
enum numeric_format tensor_format(int elem);

/* Receives `n` consecutive values. Returns false to stop the sweep. */
typedef bool (*tensor_chunk_fn)(void *payload, const float *values, size_t n);

/* Hands all values of a FLOAT, FLOAT16, BFLOAT16 or DOUBLE tensor as float32
 * to `fn`, in order, in chunks. (DOUBLE is rounded to nearest even.)
 * OPP_EINPUT when the file cannot be read any more. */
enum opp_status tensor_sweep(struct model *model,
                             const Onnx__TensorProto *tensor,
                             tensor_chunk_fn fn, void *payload,
                             struct opp_error *err);

/* The statistics of a float tensor with respect to `format`. */
enum opp_status tensor_range(struct model *model,
                             const Onnx__TensorProto *tensor,
                             enum numeric_format format,
                             struct numeric_range *range,
                             struct opp_error *err);

/* Copies up to `cap` values of a small tensor; integers and booleans exactly
 * where they fit. *n is the number copied. False when the tensor has more
 * than `cap` elements, is of another kind, or cannot be read. */
bool tensor_get_f64(struct model *model, const Onnx__TensorProto *tensor,
                    double *out, size_t cap, size_t *n);
bool tensor_get_i64(struct model *model, const Onnx__TensorProto *tensor,
                    int64_t *out, size_t cap, size_t *n);

/* A new tensor in the model's arena: `tensor` under the name `name` (its own
 * when NULL) with element type `elem` (FLOAT16, BFLOAT16 or FLOAT, from FLOAT,
 * FLOAT16 or BFLOAT16). `overflow` is what a narrower type does with values
 * beyond its range. Everything but type, name and data is taken over,
 * unknown fields and metadata included. Values are not computed here when
 * they lie in a file: they are converted on their way to the output. */
Onnx__TensorProto *tensor_convert(struct model *model,
                                  const Onnx__TensorProto *tensor,
                                  const char *name, int elem,
                                  enum numeric_overflow overflow);

/* The same for a FLOAT tensor whose values are clamped and stay FLOAT; it is
 * not clamped or converted yet. */
Onnx__TensorProto *tensor_clamp(struct model *model,
                                const Onnx__TensorProto *tensor,
                                struct numeric_clamp clamp);

/* A new tensor in the model's arena with raw data `bytes`, copied; without a
 * name when `name` is NULL. */
Onnx__TensorProto *tensor_new(struct model *model, const char *name, int elem,
                              const int64_t *dims, size_t n_dims,
                              const void *bytes, size_t size);

#endif
