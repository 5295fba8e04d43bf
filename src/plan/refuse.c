#include "plan/refuse.h"

#include <string.h>

#include "graph/names.h"

/* What tells nodes of one name apart. */
static const char *
first_output(const struct node *node)
{
    return node->n_outputs > 0 && node->outputs[0] != NULL
               ? node->outputs[0]->name
               : "";
}

enum opp_status
refuse_duplicates(const struct module *module, struct arena *scratch,
                  struct opp_error *err)
{
    struct node *const *const twins = node_twins(module, scratch);
    uint32_t i = 0;

    while (i < module->n_nodes && twins[i] == NULL)
        i++;
    if (i == module->n_nodes)
        return OPP_OK;
    error_set(err, OPP_EREFUSED, "two nodes are called `%s`",
              twins[i]->proto->name);
    error_where(err, "%s  %s, which makes `%s`, and %s, which makes `%s`",
                module->model->path, node_place(module, twins[i]),
                first_output(twins[i]), node_place(module, module->nodes[i]),
                first_output(module->nodes[i]));
    error_why(err, "decisions and patterns know a node by its name");
    error_help(err, "`convert --fix` gives all but the first another name "
                    "(the pass rename-duplicates)");
    return OPP_EREFUSED;
}

/* ---- imports ------------------------------------------------------------ */

/* The last version that is imported as `domain`, spelt just so; 0 for none. */
static int64_t
version_as(Onnx__OperatorSetIdProto *const *imports, size_t n,
           const char *domain)
{
    int64_t version = 0;

    for (size_t i = 0; i < n; i++) {
        const char *const name = imports[i]->domain;
        if (strcmp(name == NULL ? "" : name, domain) == 0)
            version = imports[i]->version;
    }
    return version;
}

static enum opp_status
refuse_two_versions(const struct module *module, const struct graph *graph,
                    struct opp_error *err)
{
    const Onnx__ModelProto *const model = module->model->proto;
    Onnx__OperatorSetIdProto *const *imports = model->opset_import;
    size_t n = model->n_opset_import;
    int64_t usual, alias;

    if (graph->kind == GRAPH_FUNCTION) {
        imports = graph->function->opset_import;
        n = graph->function->n_opset_import;
    }
    usual = version_as(imports, n, "");
    alias = version_as(imports, n, "ai.onnx");
    if (usual == 0 || alias == 0 || usual == alias)
        return OPP_OK;
    error_set(err, OPP_EREFUSED,
              "opset %lld and opset %lld of one domain are imported",
              (long long)usual, (long long)alias);
    error_where(err, "%s%s%s", module->model->path,
                graph->kind == GRAPH_FUNCTION ? "  " : "",
                graph_path(module, graph));
    error_why(err, "`` and `ai.onnx` are names of one domain, and readers "
                   "differ in which of the two they take");
    error_help(err, "remove one opset_import from the model");
    return OPP_EREFUSED;
}

static enum opp_status
refuse_unimported(const struct module *module, struct opp_error *err)
{
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL || node->op == NULL ||
            op_domain(node->op)[0] != '\0' ||
            graph_imports(module, node->graph, ""))
            continue;
        error_set(err, OPP_EREFUSED,
                  "a node is of the domain ai.onnx, which is not imported");
        error_where(err, "%s  %s", module->model->path,
                    node_place(module, node));
        error_help(err, "add an opset_import of the domain to the model");
        return OPP_EREFUSED;
    }
    return OPP_OK;
}

enum opp_status
refuse_bad_imports(const struct module *module, struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < module->n_graphs; i++)
        if (module->graphs[i]->parent == NULL)
            status = refuse_two_versions(module, module->graphs[i], err);
    if (status == OPP_OK &&
        module->model->proto->ir_version >= ONNX__VERSION__IR_VERSION_2017_11_3)
        status = refuse_unimported(module, err);
    return status;
}
