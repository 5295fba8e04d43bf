/* model.h: a model file as the unpacked protobuf plus the files that hold its
 * weights. The protobuf is the truth; everything above (graph, facts, plan)
 * is an index over it. The struct model owns one arena: the protobuf and all
 * that is laid over it dies with the model, and so do the open files.
 *
 * Large raw_data is never in memory: the scan over the file (slice.h) takes
 * it out before protobuf-c unpacks the rest, and the field points to a
 * payload (payload.h) instead. So nobody reads raw_data.data directly; ask
 * tensor.h. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "onnx.pb-c.h"

struct digest;
struct external;
struct payload_table;
struct scratch;
struct slice;
struct source;

/* Something about files that the user must hear of although the call goes
 * on, such as a checksum that was dropped. In order of occurrence. */
struct model_note {
    const char *text;
    struct model_note *next;
};

struct model {
    struct arena arena;
    Onnx__ModelProto *proto;
    const char *path;       /* as given by the user; "-" and "<memory>" too */
    struct source *source;  /* the model file itself */
    struct source *sources; /* all files, a list; closed by model_close */
    struct payload_table *payloads;
    struct external *external; /* how external data is found (external.h) */
    struct slice *slice;       /* only while the model is loaded */
    struct digest *digest;     /* of the model file; NULL when not wanted */
    struct scratch *scratch;   /* buffers of tensor_sweep that are free */
    struct model_note *notes;
    struct opp_load_options options;
    bool changed; /* set by graph/flush: the protobuf differs from the file */
};

/* Loads into `model`, which model_close must release also after a failure.
 * `unwind` is where the model's arena goes when memory runs out. */
enum opp_status model_load_file(struct model *model, const char *path,
                                const struct opp_load_options *options,
                                jmp_buf *unwind, struct opp_error *err);
enum opp_status model_load_memory(struct model *model, const void *data,
                                  size_t size,
                                  const struct opp_load_options *options,
                                  jmp_buf *unwind, struct opp_error *err);

/* Closes and frees everything. A struct model of zeros is allowed. */
void model_close(struct model *model);

/* Adds a note; the text is copied. */
void model_note(struct model *model, const char *format, ...) PRINTF_LIKE(2, 3);

/* Bytes of the model file, and of all files that its tensors lie in. */
uint64_t model_file_size(const struct model *model);
uint64_t model_total_size(const struct model *model);

#endif
