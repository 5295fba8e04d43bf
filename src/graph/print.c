#include "graph/print.h"

#include "ops/elem.h"

struct printer {
    const struct module *module;
    const struct type_printer *types;
    struct writer *writer;
    int depth;
};

static void print_graph(struct printer *p, const struct graph *graph,
                        const char *name);

static void
indent(const struct printer *p)
{
    for (int i = 0; i < p->depth; i++)
        writer_text(p->writer, "  ");
}

/* A name as it is, but for control characters, which would break a line. */
static void
print_name(const struct printer *p, const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            writer_printf(p->writer, "\\x%02x", (unsigned char)*c);
        else
            writer_bytes(p->writer, c, 1);
}

static void
print_value(const struct printer *p, const struct value *value)
{
    if (value == NULL) {
        writer_text(p->writer, "\"\"");
        return;
    }
    if (p->types != NULL)
        writer_printf(p->writer, "%s ",
                      p->types->text(p->types->payload, value));
    print_name(p, value->name);
}

static void
print_operand(const struct printer *p, const struct value *value)
{
    if (value == NULL)
        writer_text(p->writer, "\"\"");
    else
        print_name(p, value->name);
}

static void
print_dims(const struct printer *p, const Onnx__TensorProto *tensor)
{
    writer_text(p->writer, "[");
    for (size_t i = 0; i < tensor->n_dims; i++)
        writer_printf(p->writer, "%s%lld", i > 0 ? "," : "",
                      (long long)tensor->dims[i]);
    writer_text(p->writer, "]");
}

static void
print_ints(const struct printer *p, const Onnx__AttributeProto *attr)
{
    writer_text(p->writer, "[");
    for (size_t i = 0; i < attr->n_ints; i++)
        writer_printf(p->writer, "%s%lld", i > 0 ? "," : "",
                      (long long)attr->ints[i]);
    writer_text(p->writer, "]");
}

static void
print_attr(const struct printer *p, const Onnx__AttributeProto *attr)
{
    struct writer *const w = p->writer;

    writer_printf(w, "%s", attr->name == NULL ? "" : attr->name);
    if (attr_is_reference(attr))
        writer_printf(w, "=@%s", attr->ref_attr_name);
    else if (attr->t != NULL) {
        writer_printf(w, "=%s", elem_name(attr->t->data_type));
        print_dims(p, attr->t);
    } else if (attr->g != NULL)
        writer_text(w, "=graph");
    else if (attr->has_i)
        writer_printf(w, "=%lld", (long long)attr->i);
    else if (attr->has_f)
        writer_printf(w, "=%.9g", (double)attr->f);
    else if (attr->has_s)
        writer_printf(w, "=\"%.*s\"", (int)attr->s.len,
                      (const char *)attr->s.data);
    else if (attr->n_ints > 0) {
        writer_text(w, "=");
        print_ints(p, attr);
    } else
        writer_printf(w, "=(%zu items)",
                      attr->n_floats + attr->n_strings + attr->n_tensors);
}

static void
print_comment(const struct printer *p, const char *name)
{
    writer_text(p->writer, "  # ");
    print_name(p, name);
}

static void
print_node(struct printer *p, const struct node *node)
{
    const Onnx__NodeProto *const proto = node->proto;
    struct writer *const w = p->writer;

    indent(p);
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        writer_text(w, i > 0 ? ", " : "");
        print_value(p, node->outputs[i]);
    }
    writer_text(w, " = ");
    if (proto->domain != NULL && proto->domain[0] != '\0')
        writer_printf(w, "%s.", proto->domain);
    writer_printf(w, "%s", proto->op_type);
    for (size_t i = 0; i < proto->n_attribute; i++) {
        writer_text(w, i == 0 ? " <" : ", ");
        print_attr(p, proto->attribute[i]);
    }
    writer_text(w, proto->n_attribute > 0 ? "> (" : " (");
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        writer_text(w, i > 0 ? ", " : "");
        print_operand(p, node->inputs[i].value);
    }
    writer_text(w, ")");
    if (proto->name != NULL && proto->name[0] != '\0')
        print_comment(p, proto->name);
    writer_text(w, "\n");
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        p->depth++;
        print_graph(p, node->bodies[i], node->body_names[i]);
        p->depth--;
    }
}

static void
print_initializers(const struct printer *p, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        const struct value *const value = graph->initializers[i];
        if (value->tensor == NULL)
            continue;
        indent(p);
        writer_printf(p->writer, "%s", elem_name(value->tensor->data_type));
        print_dims(p, value->tensor);
        writer_text(p->writer, " ");
        print_name(p, value->name);
        writer_text(p->writer, "\n");
    }
}

static void
print_graph(struct printer *p, const struct graph *graph, const char *name)
{
    struct writer *const w = p->writer;

    indent(p);
    writer_printf(w, "%s (", name == NULL ? "" : name);
    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        writer_text(w, i > 0 ? ", " : "");
        print_value(p, graph->inputs[i]);
    }
    writer_text(w, ") => (");
    for (uint32_t i = 0; i < graph->n_outputs; i++) {
        writer_text(w, i > 0 ? ", " : "");
        print_value(p, graph->outputs[i].value);
    }
    writer_text(w, ") {\n");
    p->depth++;
    print_initializers(p, graph);
    for_each_node (graph, node)
        print_node(p, node);
    p->depth--;
    indent(p);
    writer_text(w, "}\n");
}

void
graph_print(const struct module *module, const struct type_printer *types,
            struct writer *writer)
{
    struct printer p = {.module = module, .types = types, .writer = writer};

    for (uint32_t i = 0; i < module->n_graphs; i++) {
        const struct graph *const graph = module->graphs[i];
        if (graph->kind == GRAPH_MAIN)
            print_graph(&p, graph, graph->proto->name);
        else if (graph->kind == GRAPH_FUNCTION)
            print_graph(&p, graph, graph->function->name);
    }
}
