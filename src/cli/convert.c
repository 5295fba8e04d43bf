#include <string.h>

#include "cli/call.h"
#include "cli/options.h"

/* In the order of the words of --accum. */
static const char *const accums[] = {"unknown", "fp32", "fp16"};

struct convert {
    const char *output;
    const char *to;
    struct option_switch keep_io;
    struct option_list op_block, node_block, op_include, node_include;
    const char *plan;
    const char *plan_out;
    bool weights_only;
    bool dry_run;
    struct option_switch keep_islands;
    const char *island_cost;
    const char *max_casts;
    bool strict;
    int accum; /* index in accums */
    struct option_switch stamp;
    bool fix;
};

#define AT(field) offsetof(struct convert, field)

#define PATTERNS                                                               \
    "PATTERNS are names, globs (/enc/*), or regular expressions that match "   \
    "the whole name (re:/layer\\.[0-9]+/.*), apart by commas; the option may " \
    "be repeated. @FILE reads them from FILE, one a line, for names that "     \
    "hold commas. A pattern that matches nothing is an error."

#define OPERATORS                                                              \
    "OPS are operator types, apart by commas; the option may be repeated. An " \
    "operator that the model does not have is an error."

static const struct option_row rows[] = {
    {.name = "to",
     .alias = "low-precision-type",
     .argument = "TYPE",
     .kind = OPTION_STRING,
     .offset = AT(to),
     .group = GROUP_PRECISION,
     .help = "float16 (default), bfloat16, or float32",
     .more = "Also spelt fp16, half, bf16, fp32. With float32 everything that "
             "is FP16 or BF16 becomes FP32, weights included."},
    {.name = "keep-io-types",
     .argument = "NAMES",
     .kind = OPTION_SWITCH,
     .offset = AT(keep_io),
     .group = GROUP_PRECISION,
     .help = "keep the types of all inputs and outputs (default), or of NAMES",
     .more = "NAMES are the names of graph inputs and outputs, apart by "
             "commas; the others are converted. With --no-keep-io-types all "
             "FP32 inputs and outputs become FP16, and callers have to pass "
             "FP16."},
    {.name = "op-block-list",
     .alias = "op-types-to-exclude",
     .argument = "OPS",
     .kind = OPTION_LIST,
     .offset = AT(op_block),
     .group = GROUP_PRECISION,
     .help = "operators that stay FP32, such as Softmax,Exp",
     .more = OPERATORS},
    {.name = "node-block-list",
     .alias = "nodes-to-exclude",
     .argument = "PATTERNS",
     .kind = OPTION_LIST,
     .offset = AT(node_block),
     .group = GROUP_PRECISION,
     .help = "nodes that stay FP32, such as '/head/*,/enc/Exp_1'",
     .more = PATTERNS},
    {.name = "op-include-list",
     .alias = "op-types-to-include",
     .argument = "OPS",
     .kind = OPTION_LIST,
     .offset = AT(op_include),
     .group = GROUP_PRECISION,
     .help = "operators that become FP16 although a rule says FP32",
     .more = "Only where the operator allows FP16 at all. " OPERATORS},
    {.name = "node-include-list",
     .alias = "nodes-to-include",
     .argument = "PATTERNS",
     .kind = OPTION_LIST,
     .offset = AT(node_include),
     .group = GROUP_PRECISION,
     .help = "nodes that become FP16 although a rule says FP32",
     .more = "Only where the operator allows FP16 at all. " PATTERNS},
    {.name = "keep-islands",
     .kind = OPTION_SWITCH,
     .offset = AT(keep_islands),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "keep what is FP32 between FP16 nodes in the file (default)",
     .more = "Somebody kept it FP32 on purpose. With --no-keep-islands it is "
             "decided like everything else. A model without FP16 or BF16 "
             "arithmetic has no islands."},
    {.name = "island-cost",
     .argument = "COST",
     .kind = OPTION_STRING,
     .offset = AT(island_cost),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "casts (default), bytes, or none: what islands are to save",
     .more = "Light work beside an island joins it where that saves casts, or "
             "bytes that casts move. With none it becomes FP16, and a cast "
             "stands at every border."},
    {.name = "max-casts",
     .argument = "N",
     .kind = OPTION_STRING,
     .offset = AT(max_casts),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "leave more light work FP32 until N casts are enough",
     .more = "As far as that goes; the report says where it does not. "
             "Heavy work (contractions, and what reads a weight) becomes FP16 "
             "all the same."},
    {.name = "strict",
     .kind = OPTION_FLAG,
     .offset = AT(strict),
     .group = GROUP_PRECISION,
     .is_rare = true,
     .help = "keep FP32 what is not known to fit, too",
     .more = "Where bounds are known that are wider than FP16. Bounds grow "
             "with every layer of weights, so that most of a network may "
             "stay FP32."},
    {.name = "accum",
     .argument = "unknown|fp32|fp16",
     .kind = OPTION_CHOICE,
     .offset = AT(accum),
     .group = GROUP_PRECISION,
     .is_rare = true,
     .help = "what the runtime adds up products and sums in (default unknown)",
     .more = "With unknown, danger under either is danger. With fp32, only "
             "results have to fit."},
    {.name = "weights-only",
     .kind = OPTION_FLAG,
     .offset = AT(weights_only),
     .group = GROUP_PRECISION,
     .help = "store weights in the type and compute as before",
     .more = "Each FP32 weight of more than 16 elements becomes FP16 (or what "
             "--to says), and is cast back to FP32 where it is used: half the "
             "file, the same nodes. The report says which weights the type "
             "holds exactly. There is no plan, so options about nodes and "
             "plans do not go with it."},
    {.name = "dry-run",
     .kind = OPTION_FLAG,
     .offset = AT(dry_run),
     .group = GROUP_PLAN,
     .help = "decide and report, but write no model"},
    {.name = "plan-out",
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(plan_out),
     .group = GROUP_PLAN,
     .help = "write the decision for every node to FILE, as JSON",
     .more = "With --dry-run as well."},
    {.name = "plan",
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(plan),
     .group = GROUP_PLAN,
     .help = "replay the decisions in FILE exactly",
     .more = "A plan that was made for a model of another structure is an "
             "error."},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(output),
     .group = GROUP_OUTPUT,
     .help = "write the model here (- for standard output)",
     .more = "To a temporary file that is renamed at the end: FILE is the old "
             "one or the whole new one. It may not be INPUT."},
    {.name = "fix",
     .kind = OPTION_FLAG,
     .offset = AT(fix),
     .group = GROUP_INPUT,
     .is_rare = true,
     .help = "give nodes of one name different names first",
     .more = "Such a model is refused otherwise, because decisions and "
             "patterns know a node by its name. All but the first get a new "
             "one; a plan of the result needs --fix again."},
    {.name = "stamp",
     .kind = OPTION_SWITCH,
     .offset = AT(stamp),
     .group = GROUP_OUTPUT,
     .is_rare = true,
     .help = "write into the model how it was made (default)",
     .more = "Metadata entries opp.version, opp.source (hash of the bytes of "
             "INPUT, without external data) and opp.plan (hash of the "
             "decisions). A model that needs no change gets none and is "
             "copied byte by byte."},
    {.name = NULL},
};

/* Where nothing is decided about nodes, nothing can be said about them. */
static enum opp_status
check_weights_only(const struct call *call, struct opp_error *err)
{
    const struct convert *const convert = call->own;
    const struct {
        bool given;
        const char *name;
    } others[] = {
        {convert->keep_io.state != 0, "keep-io-types"},
        {convert->op_block.given, "op-block-list"},
        {convert->node_block.given, "node-block-list"},
        {convert->op_include.given, "op-include-list"},
        {convert->node_include.given, "node-include-list"},
        {convert->keep_islands.state != 0, "keep-islands"},
        {convert->island_cost != NULL, "island-cost"},
        {convert->max_casts != NULL, "max-casts"},
        {convert->plan != NULL, "plan"},
        {convert->plan_out != NULL, "plan-out"},
        {call->common.range.given, "range"},
        {call->common.ranges.given, "ranges"},
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (!convert->weights_only || !others[i].given)
            continue;
        message_set(err, OPP_EUSAGE, "--%s does not go with --weights-only",
                    others[i].name);
        message_help(err, "with --weights-only all nodes stay as they are");
        return OPP_EUSAGE;
    }
    return OPP_OK;
}

static enum opp_status
check(const struct call *call, const struct convert *convert,
      struct opp_error *err)
{
    const char *const outputs[] = {convert->dry_run ? NULL : convert->output,
                                   convert->plan_out, call->common.report_file};

    if (convert->output == NULL && !convert->dry_run) {
        message_set(err, OPP_EUSAGE, "no output file");
        message_help(err, "add -o FILE, or --dry-run to see the report and "
                          "write no model");
        return OPP_EUSAGE;
    }
    if (check_weights_only(call, err) != OPP_OK)
        return OPP_EUSAGE;
    if (call_check_model(outputs[0], err) != OPP_OK)
        return OPP_EUSAGE;
    return call_check_outputs(call, outputs, 3, err);
}

/* Passes the options on to the passes that decide, by names of their own. */
static enum opp_status
set_options(const struct convert *convert, struct opp_pipeline *pipeline,
            struct opp_error *err)
{
    const struct option_switch *const io = &convert->keep_io;
    const struct {
        const char *key;
        const char *value; /* NULL: leave the default */
        bool is_list;
    } values[] = {
        {"to", convert->to, false},
        {"keep-io", io->state == 0  ? NULL
                    : io->state < 0 ? "none"
                    : io->value     ? io->value
                                    : "all",
         false},
        {"op-block", option_list_get(&convert->op_block), true},
        {"node-block", option_list_get(&convert->node_block), true},
        {"op-include", option_list_get(&convert->op_include), true},
        {"node-include", option_list_get(&convert->node_include), true},
        {"keep-islands", convert->keep_islands.state < 0 ? "false" : NULL,
         false},
        {"island-cost", convert->island_cost, false},
        {"max-casts", convert->max_casts, false},
        {"strict", convert->strict ? "true" : NULL, false},
        {"accum", accums[convert->accum], false},
        {"plan", convert->plan, false},
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        enum opp_status status = OPP_OK;
        if (values[i].value == NULL)
            continue;
        if (values[i].is_list)
            status = opp_pipeline_set(pipeline, "split-functions",
                                      values[i].key, values[i].value, err);
        if (status == OPP_OK)
            status = opp_pipeline_set(pipeline, "plan-precision",
                                      values[i].key, values[i].value, err);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

static enum opp_status
make_pipeline(const struct call *call, struct opp_pipeline **pipeline,
              struct opp_error *err)
{
    const struct convert *const convert = call->own;
    static const char *const texts[2][2] = {
        {"@convert", "rename-duplicates,@convert"},
        {"@weights-only", "rename-duplicates,@weights-only"},
    };
    enum opp_status status = opp_pipeline_parse(
        pipeline, texts[convert->weights_only][convert->fix], err);

    if (status == OPP_OK && convert->stamp.state < 0)
        status = opp_pipeline_set(*pipeline, "stamp-model", "enabled", "false",
                                  err);
    if (status != OPP_OK)
        return status;
    if (!convert->weights_only) {
        status = call_set_ranges(call, *pipeline, "plan-precision", err);
        return status == OPP_OK ? set_options(convert, *pipeline, err) : status;
    }
    return convert->to == NULL ? OPP_OK
                               : opp_pipeline_set(*pipeline, "store-weights",
                                                  "to", convert->to, err);
}

/* What is done once the pipeline has run: plan, model, report. */
static enum opp_status
write_results(struct call *call, struct opp_model *model,
              const struct opp_report *report, struct opp_error *err)
{
    const struct convert *const convert = call->own;
    const bool model_to_stdout =
        !convert->dry_run && sink_is_stdout(convert->output);
    enum opp_status status = OPP_OK;

    if (convert->plan_out != NULL)
        status = call_save_plan(model, convert->plan_out, err);
    if (status == OPP_OK && !convert->dry_run)
        status = call_save(call, model, convert->output, err);
    if (status == OPP_OK)
        status = call_report(call, report, false,
                             sink_is_stdout(convert->plan_out) ||
                                 model_to_stdout, err);
    return status;
}

static enum opp_status
convert_model(struct call *call, struct opp_error *err)
{
    struct opp_model *model = NULL;
    struct opp_pipeline *pipeline = NULL;
    struct opp_report *report = NULL;
    enum opp_status status = make_pipeline(call, &pipeline, err);

    if (status == OPP_OK)
        status = call_load(call, call->inputs[0], &model, err);
    if (status == OPP_OK)
        status = call_run(call, model, pipeline, NULL, &report, err);
    if (status == OPP_OK)
        status = write_results(call, model, report, err);
    opp_report_free(report);
    opp_pipeline_free(pipeline);
    opp_model_free(model);
    return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
    struct convert convert = {0};
    struct call call;
    struct opp_error err = {0};
    enum opp_status status;

    if (!call_begin(&call, self, &convert, argc, argv))
        return call_end(&call, call.exit);
    status = check(&call, &convert, &err);
    if (status == OPP_OK)
        status = convert_model(&call, &err);
    return call_end(&call, status == OPP_OK ? 0 : call_fail(&call, &err));
}

const struct command command_convert = {
    .name = "convert",
    .path = "convert",
    .summary = "Rewrites a model to FP16, with FP32 islands where FP16 would "
               "break it.",
    .usage = "[options] INPUT -o OUTPUT",
    .details =
        "INPUT is an .onnx file, or - for standard input. The report says how "
        "many nodes and weights have which type, how many casts there are, "
        "before and after, and why each island is FP32.\n"
        "Nothing is clamped: a constant that FP16 cannot hold keeps its "
        "consumers in FP32.",
    .examples =
        {
            {"inputs and outputs stay FP32", "convert in.onnx -o out.onnx"},
            {"see and keep the decisions, write no model",
             "convert in.onnx --dry-run --plan-out plan.json"},
            {"keep some nodes in FP32",
             "convert in.onnx -o out.onnx --node-block-list '/head/*'"},
        },
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_WRITE | COMMON_FORMAT |
              COMMON_REPORT | COMMON_QUIET |
              COMMON_RANGES,
    .least_inputs = 1,
    .most_inputs = 1,
    .run = run,
};
