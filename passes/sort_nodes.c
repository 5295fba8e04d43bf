/* sort-nodes: puts nodes into topological order where the file does not have
 * it. ONNX wants it, ONNX Runtime loads such files all the same. Types are
 * known only as far as the order is right.
 * needs nothing; keeps nothing. */
#include "graph/verify.h"
#include "pass/pass.h"

static enum opp_status
sort_nodes(struct pass_run *run, struct opp_error *err)
{
    enum opp_status status;

    if (graph_verify_order(run->module, NULL) == OPP_OK ||
        !change_begin(run->module, "the nodes are not sorted"))
        return OPP_OK;
    status = edit_sort_nodes(run->module, err);
    change_end(run->module);
    run->counts[0] = 1;
    return status;
}

const struct pass pass_sort_nodes = {
    .name = "sort-nodes",
    .summary = "put nodes into topological order where they are not",
    .edits = true,
    .counts = {"sorted"},
    .run = sort_nodes,
};
