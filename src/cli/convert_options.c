/* convert_options.c: the options of convert as a table. */
#include "cli/convert.h"

#define AT(field) offsetof(struct convert, field)

#define PATTERNS                                                               \
    "PATTERNS are names, globs (/enc/*), or regular expressions that match "   \
    "the whole name (re:/layer\\.[0-9]+/.*), apart by commas; the option may " \
    "be repeated. @FILE reads them from FILE, one a line, for names that "     \
    "hold commas. A pattern that matches nothing is an error."

#define BECOME "Those that are FP16 already become FP32. "

#define OPERATORS                                                              \
    "OPS are operator types, apart by commas; the option may be repeated. An " \
    "operator that the model does not have is an error."

const struct option_row convert_rows[] = {
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
     .more = BECOME OPERATORS},
    {.name = "node-block-list",
     .alias = "nodes-to-exclude",
     .argument = "PATTERNS",
     .kind = OPTION_LIST,
     .offset = AT(node_block),
     .group = GROUP_PRECISION,
     .help = "nodes that stay FP32, such as '/head/*,/enc/Exp_1'",
     .more = BECOME PATTERNS},
    {.name = "op-include-list",
     .is_rare = true,
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
    {.name = "residual",
     .argument = "auto|fp32|fp16",
     .kind = OPTION_CHOICE,
     .offset = AT(residual),
     .group = GROUP_PRECISION,
     .is_rare = true,
     .help = "type of the sums of residual streams (default auto)",
     .more = "A stream is two and more additions of what a block computes to "
             "what it was computed from. With auto it stays FP32 from the "
             "first sum on that is out of range."},
    {.name = "clamp-constants",
     .kind = OPTION_FLAG,
     .offset = AT(clamp),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "clamp constants that FP16 cannot hold, and convert their users",
     .more = "What older converters do. A clamped mask is as good as before, a "
             "clamped factor, divisor or variance makes another model: the "
             "report names each constant (OPP205), and so does the stamp."},
    {.name = "min-positive-val",
     .argument = "X",
     .kind = OPTION_STRING,
     .offset = AT(min_positive),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "with --clamp-constants: smaller ones become X (default 1e-7)"},
    {.name = "max-finite-val",
     .argument = "X",
     .kind = OPTION_STRING,
     .offset = AT(max_finite),
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "with --clamp-constants: larger ones become X (default 1e4)",
     .more = "Both defaults are those of onnxconverter-common."},
    {.name = "weights-only",
     .kind = OPTION_FLAG,
     .is_about_output = true,
     .offset = AT(weights_only),
     .group = GROUP_PRECISION,
     .help = "store weights in the type and compute as before",
     .more = "Each FP32 weight of more than 16 elements becomes FP16 (or what "
             "--to says), and is cast back to FP32 where it is used: half the "
             "file, the same nodes. The report says which weights the type "
             "holds exactly. There is no plan, so options about nodes and "
             "plans do not go with it."},
    {.name = "rewrite",
     .argument = "RULES",
     .kind = OPTION_OPTIONAL,
     .offset = AT(rewrite),
     .group = GROUP_PRECISION,
     .help = "first replace what FP16 breaks by what computes the same",
     .more = "Decomposed layer and RMS norms become the operator, Log(Softmax) "
             "LogSoftmax, products of constants their result, and more; "
             "docs/rewrites.md has the list. RULES are some of them, apart by "
             "commas. The report has a certificate for each rewrite. A plan "
             "of the result needs --rewrite again."},
    {.name = "rewrite-scale",
     .argument = "K",
     .kind = OPTION_NUMBER,
     .offset = AT(rewrite_scale),
     .most = 14,
     .is_rare = true,
     .group = GROUP_PRECISION,
     .help = "with --rewrite: divide by 2^K what a decomposed norm squares",
     .more = "The epsilon is divided by 2^(2K). Where FP16 cannot hold that "
             "any more, the norm stays as it is. By default nothing is "
             "divided, because no file says how large values get."},
    {.name = "dry-run",
     .kind = OPTION_FLAG,
     .is_about_output = true,
     .offset = AT(dry_run),
     .group = GROUP_PLAN,
     .help = "decide and report, but write no model"},
    {.name = "plan-out",
     .argument = "FILE",
     .kind = OPTION_STRING,
     .is_about_output = true,
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
     .is_about_output = true,
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
     .is_about_output = true,
     .offset = AT(stamp),
     .group = GROUP_OUTPUT,
     .is_rare = true,
     .help = "write into the model how it was made (default)",
     .more = "Metadata entries opp.version, opp.source (hash of the bytes of "
             "INPUT, without external data), opp.plan (hash of the decisions) "
             "opp.policy (hash of the policy file) and opp.clamped (hashes of "
             "the names of clamped constants). A model that needs no change "
             "gets none and is copied byte by byte."},
    {.name = NULL},
};
