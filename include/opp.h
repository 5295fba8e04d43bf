/* opp.h: the public C API of onnx-precision-pass.
 *
 * Ownership. A function that returns an object through its first argument
 * (`out`) gives it to the caller, who frees it with the matching
 * opp_*_free; a failed call sets *out to NULL. Everything a getter returns
 * belongs to the object it was asked of and lives as long as that object.
 * Strings and buffers passed in are copied or used during the call only,
 * except the bytes given to opp_load_memory, which must outlive the model.
 * There are no globals: two threads may work on two models at once, one
 * model belongs to one thread at a time.
 *
 * Errors. A function that can fail returns an enum opp_status and fills the
 * caller's struct opp_error when `err` is not NULL. The library never prints
 * and never exits. A failed call leaves no file behind. */
#ifndef OPP_H
#define OPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define OPP_API __attribute__((visibility("default")))
#else
#define OPP_API
#endif

/* Outcome of a call. The first six are the exit codes of the command line
 * tool; the last two exit with 5 as well. */
enum opp_status {
    OPP_OK = 0,
    OPP_EUSAGE = 2,   /* option, pattern or pipeline is wrong */
    OPP_EINPUT = 3,   /* missing, cut, not ONNX, limits exceeded */
    OPP_EREFUSED = 4, /* valid input that is refused rather than guessed */
    OPP_EOUTPUT = 5,  /* could not write */
    OPP_ENOMEM = 6,   /* memory, or the limit on it, is used up */
    OPP_EBUG = 7,     /* an invariant of this library does not hold */
};

/* One error, owned by the caller and needing no free. `what` is one line
 * without a full stop; the other three are empty strings when there is
 * nothing to say. Text that does not fit is cut with "...". */
struct opp_error {
    enum opp_status status;
    char what[512];
    char where[512]; /* file, node, tensor, byte offset */
    char why[256];
    char help[256]; /* the way out: a command or option that works */
};

/* Receives output in order. Returns 0 to go on, anything else to stop the
 * call, which then fails with OPP_EOUTPUT. */
typedef int (*opp_write_fn)(void *payload, const void *data, size_t size);

/* Told how far a long call is: `done` of `total` bytes of `stage`, a static
 * string such as "reading weights". Calls come in order of `done`. */
typedef void (*opp_progress_fn)(void *payload, const char *stage,
                                uint64_t done, uint64_t total);

/* Version of the library, "MAJOR.MINOR.PATCH". */
OPP_API const char *opp_version(void);

/* ---- models ---------------------------------------------------------- */

struct opp_model;

struct opp_load_options {
    /* Bytes of memory that the graph, what is computed about it, and a report
     * may take, each; 0 means the default: 64 times the bytes of the file
     * that are not weights, plus 1 GiB. Weights do not count, they stay in
     * their files. */
    uint64_t memory_limit;
    /* Folder beneath which external data is looked up; NULL means the folder
     * of the model file. Needed for external data of a model in memory. */
    const char *external_root;
    /* Accept external data behind symbolic links and files with more than
     * one hard link. Off by default: a link can lead to a file that the
     * author of the model must not read. */
    bool follow_links;
    /* YAML files that declare the operators of domains that this library does
     * not know, so that their nodes can be converted; NULL ends the list.
     * Read during the call. NULL means none. docs/op_signatures.md has the
     * format. A file that is wrong fails the call with OPP_EUSAGE. */
    const char *const *op_signatures;
};

/* Loads the model in the file `path`, "-" for standard input. `options` may
 * be NULL. The file stays open until opp_model_free: weights are read from
 * it when they are needed, never copied into memory.
 * Fails with OPP_EINPUT, OPP_ENOMEM, or OPP_EUSAGE (op_signatures). */
OPP_API enum opp_status opp_load_file(struct opp_model **out, const char *path,
                                      const struct opp_load_options *options,
                                      struct opp_error *err);

/* As opp_load_file, from `size` bytes at `data`, which must stay unchanged
 * until opp_model_free. */
OPP_API enum opp_status opp_load_memory(struct opp_model **out,
                                        const void *data, size_t size,
                                        const struct opp_load_options *options,
                                        struct opp_error *err);

/* Closes the model's files and frees all of it. NULL is allowed. */
OPP_API void opp_model_free(struct opp_model *model);

/* What the user should hear of the model's files although no call failed: a
 * checksum that was dropped, external data that was forced. Note `i` from 0 in
 * order of occurrence, NULL behind the last; loading, running and saving add
 * to them. */
OPP_API const char *opp_model_note(const struct opp_model *model, size_t i);

struct opp_save_options {
    /* Put tensors of at least `external_data_threshold` bytes into a data
     * file beside the model. Implied where the model would reach 2 GiB, which
     * protobuf cannot hold, and kept where the input had external data. */
    bool external_data;
    /* Name of that file in the folder of the model; NULL derives a name from
     * the model's name and the content of the data. */
    const char *external_data_name;
    uint64_t external_data_threshold; /* bytes; 0 means 1024 */
    unsigned threads;                 /* 0 means all cores, at most 4 */
    opp_progress_fn progress;         /* may be NULL */
    void *progress_payload;
};

/* Writes the model to `path`: to a temporary file in the same folder, then
 * renamed, so that `path` is the old file or the whole new one. A model that
 * nothing changed is written byte by byte as it was read. The file that the
 * model was loaded from is refused as `path` (OPP_EUSAGE).
 * Fails with OPP_EOUTPUT, OPP_EINPUT (the input changed meanwhile). */
OPP_API enum opp_status opp_save_file(struct opp_model *model,
                                      const char *path,
                                      const struct opp_save_options *options,
                                      struct opp_error *err);

/* As opp_save_file into a callback, in order. External data cannot be
 * written this way: OPP_EREFUSED where it would be needed. */
OPP_API enum opp_status
opp_save_callback(struct opp_model *model, opp_write_fn write, void *payload,
                  const struct opp_save_options *options,
                  struct opp_error *err);

/* ---- pipelines of passes --------------------------------------------- */

struct opp_pipeline;

/* Reads a pipeline such as "plan-precision:to=float16,apply-plan". Grammar:
 * item (',' item)*, item = '@' preset | pass (':' key '=' value)*. An empty
 * text is the pipeline that does nothing. Fails with OPP_EUSAGE. */
OPP_API enum opp_status opp_pipeline_parse(struct opp_pipeline **out,
                                           const char *text,
                                           struct opp_error *err);

/* Sets option `key` of every `pass` in the pipeline, with no quoting in
 * `value`; a list value is joined by commas. "*" means all passes that have
 * the option. OPP_EUSAGE when the pass is not in the pipeline or has no such
 * option. */
OPP_API enum opp_status opp_pipeline_set(struct opp_pipeline *pipeline,
                                         const char *pass, const char *key,
                                         const char *value,
                                         struct opp_error *err);

OPP_API void opp_pipeline_free(struct opp_pipeline *pipeline);

struct opp_run_options {
    bool verify_each;        /* check every invariant after each pass */
    const char *print_after; /* name of a pass, "all" or "changed"; or NULL */
    const char *stop_after;  /* name of the last pass to run; or NULL */
    bool limit_changes;      /* obey change_limit */
    uint64_t change_limit;   /* changes after which passes edit no more */
    opp_write_fn log;        /* receives what print_after prints; or NULL */
    void *log_payload;
    opp_progress_fn progress; /* may be NULL */
    void *progress_payload;
};

struct opp_report;

/* Runs a pipeline on the model. `options` may be NULL; `out` may be NULL
 * when the report is not wanted. After a failure the model must not be saved
 * (opp_save_* refuse it with OPP_EUSAGE). */
OPP_API enum opp_status opp_run(struct opp_model *model,
                                const struct opp_pipeline *pipeline,
                                const struct opp_run_options *options,
                                struct opp_report **out,
                                struct opp_error *err);

/* The three jobs that most callers want, as preset pipelines: @audit finds
 * casts, low-precision tensors and hazards; @plan decides the precision of
 * each node and changes nothing; @convert decides, rewrites, tidies and stamps.
 * `to` is an element type: "float16" (aliases "fp16", "half"), "bfloat16"
 * ("bf16") or "float32" ("fp32", "float"), which widens; NULL means float16. */
OPP_API enum opp_status opp_audit(struct opp_model *model,
                                  struct opp_report **out,
                                  struct opp_error *err);
OPP_API enum opp_status opp_plan(struct opp_model *model, const char *to,
                                 struct opp_report **out,
                                 struct opp_error *err);
OPP_API enum opp_status opp_convert(struct opp_model *model, const char *to,
                                    struct opp_report **out,
                                    struct opp_error *err);

/* ---- results ---------------------------------------------------------- */

/* OPP_MARKDOWN is for opp_rule_write; elsewhere it counts as OPP_TEXT. */
enum opp_format { OPP_TEXT, OPP_JSON, OPP_MARKDOWN };

enum opp_severity { OPP_NOTE, OPP_WARNING, OPP_ERROR };

/* What a run found, decided and changed: findings, the state of the model
 * before and after, the reason of each island, counts and time per pass. */
OPP_API enum opp_status opp_report_write(const struct opp_report *report,
                                         enum opp_format format,
                                         opp_write_fn write, void *payload,
                                         struct opp_error *err);

/* Number of findings of `severity` or above. */
OPP_API size_t opp_report_findings(const struct opp_report *report,
                                   enum opp_severity severity);

/* Number of findings of one rule: 701 for OPP701. */
OPP_API size_t opp_report_rule_findings(const struct opp_report *report,
                                        int code);

/* Number of changes that the run made to the model. */
OPP_API uint64_t opp_report_changes(const struct opp_report *report);

/* Statistics and time of each pass, as a table or JSON. */
OPP_API enum opp_status opp_report_write_passes(const struct opp_report *report,
                                                enum opp_format format,
                                                opp_write_fn write,
                                                void *payload,
                                                struct opp_error *err);

OPP_API void opp_report_free(struct opp_report *report);

/* The plan that the last run of plan-precision made: element type and reason
 * of each class of operands. JSON is what the pass option plan=FILE reads.
 * OPP_EUSAGE when there is no plan. */
OPP_API enum opp_status opp_plan_write(struct opp_model *model,
                                       enum opp_format format,
                                       opp_write_fn write, void *payload,
                                       struct opp_error *err);

/* Why the nodes that `patterns` match have the type that the plan of the last
 * run gives them: operands, reason and certainty, the chain of facts behind it,
 * what would have to be known for the low-precision type, and what it costs in
 * casts. Patterns are those of the pass option node-block, apart by commas.
 * JSON: one object, schema 1. The model must not have been changed since its
 * plan was made: the last pass of the pipeline is plan-precision
 * (opp_run_options.stop_after).
 * OPP_EUSAGE when there is no such plan, or a pattern matches nothing. */
OPP_API enum opp_status opp_explain_write(struct opp_model *model,
                                          const char *patterns,
                                          enum opp_format format,
                                          opp_write_fn write, void *payload,
                                          struct opp_error *err);

/* What a rule ("OPP304", "square-overflow") or a reason of plans ("epsilon")
 * means: what, why, an example, what to do. NULL lists all of them. JSON: one
 * object, schema 1. OPP_EUSAGE when there is none of this name. */
OPP_API enum opp_status opp_rule_write(const char *name,
                                       enum opp_format format,
                                       opp_write_fn write, void *payload,
                                       struct opp_error *err);

/* The model as text (JSON: one object with graphs, nodes and the element
 * type of each value). */
OPP_API enum opp_status opp_print(struct opp_model *model,
                                  enum opp_format format, opp_write_fn write,
                                  void *payload, struct opp_error *err);

/* What is known of the values of a model before it runs. Lists are as
 * opp_pipeline_set takes them: items apart by commas, or "@FILE"; NULL for
 * none. */
struct opp_range_options {
    const char *declared; /* NAME=LO:HI */
    const char *measured; /* files, see docs/ranges.md */
};

/* Bounds of the values of all tensors, with what is known to occur. JSON: one
 * object with the values of each graph. Reads all weights. */
OPP_API enum opp_status
opp_ranges_write(struct opp_model *model,
                 const struct opp_range_options *options,
                 enum opp_format format, opp_write_fn write, void *payload,
                 struct opp_error *err);

/* ---- policy files ------------------------------------------------------ */

/* A policy file says which nodes compute in which precision, and why;
 * docs/policy.md has the format. The option `policy` of the passes
 * split-functions and plan-precision obeys one, that of check-policy holds the
 * model against it. */

struct opp_policy_options {
    const char *path;
    const char *today; /* date by which rules are judged, or NULL */
    enum opp_format format;
};

/* Writes the rules of a file and what is wrong with them; with a model, how
 * many nodes each matches. *errors is the number of findings of OPP_ERROR.
 * `model` may be NULL. OPP_EUSAGE for a file that is wrong by itself. */
OPP_API enum opp_status
opp_policy_check(struct opp_model *model,
                 const struct opp_policy_options *options, opp_write_fn write,
                 void *payload, size_t *errors, struct opp_error *err);

/* Writes each node of the model with the rule that decides it. */
OPP_API enum opp_status
opp_policy_show(struct opp_model *model,
                const struct opp_policy_options *options, opp_write_fn write,
                void *payload, struct opp_error *err);

/* Writes a policy file to begin with, for the model if it is not NULL. */
OPP_API enum opp_status opp_policy_init(struct opp_model *model,
                                        opp_write_fn write, void *payload,
                                        struct opp_error *err);

/* Writes the JSON Schema of policy files. */
OPP_API enum opp_status opp_policy_schema(opp_write_fn write, void *payload,
                                          struct opp_error *err);

/* The passes and presets that exist, with options and counts. */
OPP_API enum opp_status opp_passes_write(enum opp_format format,
                                         opp_write_fn write, void *payload,
                                         struct opp_error *err);

#ifdef __cplusplus
}
#endif

#endif
