#include "plan/policy_print.h"

#include <stdio.h>

#include "plan/patterns_named.h"

enum { CHECK_SCHEMA = 1 };

/* Names of a model and texts of a file cannot steer the terminal. */
static void
put_clean(struct writer *writer, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        writer_bytes(writer, (unsigned char)*c < ' ' || *c == 0x7F ? "?" : c,
                     1);
}

/* ---- findings about the file --------------------------------------------- */

static void
report_shadowed(struct report *report, const struct policy_matches *m,
                uint32_t r)
{
    const struct policy_effect *const effect = &m->effects[r];

    if (effect->matched == 0 || effect->decided > 0)
        return;
    report_find(report, OPP704,
                arena_printf(m->arena, "%s:%u:%u", m->file->path,
                             effect->rule->at.line, effect->rule->at.column),
                0, "%s never applies: %s matches first",
                policy_rule_place(m->file, effect->rule, m->arena),
                policy_rule_place(m->file, m->effects[effect->first_rule].rule,
                                  m->arena));
}

void
report_rules(struct report *report, const struct policy_matches *matches)
{
    struct opp_error unused;
    size_t next = 0;

    while (policy_find_unused(matches, &next, &unused))
        report_find(report, OPP703, unused.where, 0, "%s", unused.what);
    for (uint32_t r = 0; r < matches->file->rules.count; r++)
        report_shadowed(report, matches, r);
}

/* ---- policy check -------------------------------------------------------- */

static const char *
severity_text(enum opp_severity severity)
{
    static const char *const names[] = {
        [OPP_NOTE] = "note", [OPP_WARNING] = "warning", [OPP_ERROR] = "error"};

    return names[severity];
}

static void
put_rule(const struct policy_matches *m, uint32_t r, struct writer *writer)
{
    const struct policy_rule *const rule = policy_file_rule(m->file, r);
    const struct policy_effect *const effect =
        m->module == NULL ? NULL : &m->effects[r];

    writer_printf(writer, "  %-8s  ", rule->precision.text);
    put_clean(writer, policy_rule_text(m->file, rule, m->arena));
    if (effect == NULL)
        writer_text(writer, "\n");
    else if (effect->decided == effect->matched)
        writer_printf(writer, "  (%llu node%s)\n",
                      (unsigned long long)effect->matched,
                      effect->matched == 1 ? "" : "s");
    else
        writer_printf(writer,
                      "  (%llu of %llu nodes, the others by an earlier "
                      "rule)\n",
                      (unsigned long long)effect->decided,
                      (unsigned long long)effect->matched);
}

static enum opp_status
write_check_text(const struct policy_matches *m, const struct report *report,
                 struct writer *writer, struct opp_error *err)
{
    struct config_place at;
    const char *key;

    writer_printf(writer, "policy  %s, %zu rule%s, %s\n", m->file->path,
                  m->file->rules.count, m->file->rules.count == 1 ? "" : "s",
                  m->file->hash);
    for (uint32_t r = 0; r < m->file->rules.count; r++)
        put_rule(m, r, writer);
    for (size_t i = 0; (key = policy_file_unused(m->file, i, &at)) != NULL; i++)
        if (at.line > 0)
            writer_printf(writer, "no effect yet: %s (line %u)\n", key,
                          at.line);
    for (const struct finding *f = report->findings; f != NULL; f = f->next) {
        const struct rule_info *const info = rule_info(f->rule);
        writer_printf(writer, "%s[OPP%d] %s: ", severity_text(info->severity),
                      (int)info->code, info->name);
        put_clean(writer, f->message);
        if (f->place[0] != '\0') {
            writer_text(writer, "\n  --> ");
            put_clean(writer, f->place);
        }
        writer_text(writer, "\n");
    }
    return writer_flush(writer, err);
}

static void
set_text(struct json_tree *tree, json_t *object, const char *key,
         const struct config_text *text)
{
    if (text->text != NULL)
        json_tree_set(tree, object, key, json_tree_text(text->text));
}

static void
add_rule(struct json_tree *tree, json_t *rules, const struct policy_matches *m,
         uint32_t r)
{
    const struct policy_rule *const rule = policy_file_rule(m->file, r);
    json_t *const object = json_tree_add_object(tree, rules);

    json_tree_set(tree, object, "line", json_tree_count(rule->at.line));
    set_text(tree, object, "name", &rule->name);
    set_text(tree, object, "precision", &rule->precision);
    set_text(tree, object, "reason", &rule->reason);
    set_text(tree, object, "owner", &rule->owner);
    set_text(tree, object, "expires", &rule->expires);
    if (m->module == NULL)
        return;
    json_tree_set(tree, object, "matched",
                  json_tree_count(m->effects[r].matched));
    json_tree_set(tree, object, "decided",
                  json_tree_count(m->effects[r].decided));
}

static void
add_finding(struct json_tree *tree, json_t *findings, const struct finding *f)
{
    const struct rule_info *const info = rule_info(f->rule);
    json_t *const object = json_tree_add_object(tree, findings);
    char code[16];

    snprintf(code, sizeof code, "OPP%d", (int)info->code);
    json_tree_set(tree, object, "code", json_tree_text(code));
    json_tree_set(tree, object, "name", json_tree_text(info->name));
    json_tree_set(tree, object, "severity",
                  json_tree_text(severity_text(info->severity)));
    json_tree_set(tree, object, "message", json_tree_text(f->message));
    json_tree_set(tree, object, "place", json_tree_text(f->place));
}

static void
begin_json(struct json_tree *tree, const struct policy_file *file)
{
    json_tree_init(tree);
    json_tree_set(tree, tree->root, "schema", json_integer(CHECK_SCHEMA));
    json_tree_set(tree, tree->root, "policy", json_tree_text(file->path));
    json_tree_set(tree, tree->root, "hash", json_tree_text(file->hash));
}

static enum opp_status
write_check_json(const struct policy_matches *m, const struct report *report,
                 struct writer *writer, struct opp_error *err)
{
    struct json_tree tree;
    struct config_place at;
    const char *key;
    json_t *list;

    begin_json(&tree, m->file);
    list = json_tree_set_array(&tree, tree.root, "rules");
    for (uint32_t r = 0; r < m->file->rules.count; r++)
        add_rule(&tree, list, m, r);
    list = json_tree_set_array(&tree, tree.root, "unused_keys");
    for (size_t i = 0; (key = policy_file_unused(m->file, i, &at)) != NULL;
         i++) {
        json_t *object;
        if (at.line == 0)
            continue;
        object = json_tree_add_object(&tree, list);
        json_tree_set(&tree, object, "key", json_tree_text(key));
        json_tree_set(&tree, object, "line", json_tree_count(at.line));
    }
    list = json_tree_set_array(&tree, tree.root, "findings");
    for (const struct finding *f = report->findings; f != NULL; f = f->next)
        add_finding(&tree, list, f);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
policy_write_check(const struct policy_matches *matches,
                   const struct report *report, enum opp_format format,
                   struct writer *writer, struct opp_error *err)
{
    return format == OPP_JSON ? write_check_json(matches, report, writer, err)
                              : write_check_text(matches, report, writer, err);
}

/* ---- policy show --------------------------------------------------------- */

/* Rules that take operands of a node before one takes all of it: the next from
 * rule `r` on, POLICY_NO_RULE behind the last. */
static uint32_t
next_operand_rule(const struct policy_matches *m, uint32_t id, uint32_t r)
{
    for (; r < m->file->rules.count && r < m->owner[id]; r++)
        if (m->effects[r].takes[id] == POLICY_OPERANDS)
            return r;
    return POLICY_NO_RULE;
}

static void
put_node(const struct policy_matches *m, const struct node *node,
         struct writer *writer)
{
    const uint32_t owner = m->owner[node->id];
    const struct policy_rule *rule;
    uint32_t r = 0;

    rule = owner == POLICY_NO_RULE ? NULL : m->effects[owner].rule;
    writer_printf(writer, "%-8s  ", rule == NULL ? "-" : rule->precision.text);
    put_clean(writer,
              arena_printf(m->arena, "%s%s (%s)",
                           graph_path(m->module, node->graph),
                           node_label(m->module, node), node_op_type(node)));
    if (rule != NULL)
        put_clean(writer,
                  arena_printf(m->arena, "  %s",
                               policy_rule_text(m->file, rule, m->arena)));
    for (; (r = next_operand_rule(m, node->id, r)) != POLICY_NO_RULE; r++)
        put_clean(writer,
                  arena_printf(
                      m->arena, "  operands %s by %s",
                      m->effects[r].rule->precision.text,
                      policy_rule_text(m->file, m->effects[r].rule, m->arena)));
    writer_text(writer, "\n");
}

static void
set_rule(struct json_tree *tree, json_t *object, const struct policy_rule *rule)
{
    json_tree_set(tree, object, "line", json_tree_count(rule->at.line));
    set_text(tree, object, "name", &rule->name);
    set_text(tree, object, "precision", &rule->precision);
}

/* The texts of a node, made before the JSON tree, which forbids arenas. */
struct node_texts {
    const char *label, *scope;
};

static void
add_node(struct json_tree *tree, json_t *nodes, const struct policy_matches *m,
         const struct node *node, const struct node_texts *texts)
{
    const uint32_t owner = m->owner[node->id];
    json_t *const object = json_tree_add_object(tree, nodes);
    json_t *operands;
    uint32_t r = 0;

    json_tree_set(tree, object, "id", json_tree_count(node->id));
    json_tree_set(tree, object, "node", json_tree_text(texts->label));
    json_tree_set(tree, object, "scope", json_tree_text(texts->scope));
    json_tree_set(tree, object, "op", json_tree_text(node_op_type(node)));
    if (owner == POLICY_NO_RULE)
        json_tree_set(tree, object, "rule", json_null());
    else
        set_rule(tree, json_tree_set_object(tree, object, "rule"),
                 m->effects[owner].rule);
    if (next_operand_rule(m, node->id, 0) == POLICY_NO_RULE)
        return;
    operands = json_tree_set_array(tree, object, "operand_rules");
    for (; (r = next_operand_rule(m, node->id, r)) != POLICY_NO_RULE; r++)
        set_rule(tree, json_tree_add_object(tree, operands),
                 m->effects[r].rule);
}

static enum opp_status
write_nodes_json(const struct policy_matches *m, struct writer *writer,
                 struct opp_error *err)
{
    const struct module *const module = m->module;
    struct node_texts *const texts =
        arena_array(m->arena, module->n_nodes, struct node_texts);
    struct json_tree tree;
    json_t *nodes;

    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL)
            texts[i] = (struct node_texts){
                node_label(module, module->nodes[i]),
                graph_path(module, module->nodes[i]->graph)};
    begin_json(&tree, m->file);
    nodes = json_tree_set_array(&tree, tree.root, "nodes");
    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL)
            add_node(&tree, nodes, m, module->nodes[i], &texts[i]);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
policy_write_nodes(const struct policy_matches *matches, enum opp_format format,
                   struct writer *writer, struct opp_error *err)
{
    if (format == OPP_JSON)
        return write_nodes_json(matches, writer, err);
    for (uint32_t i = 0; i < matches->module->n_nodes; i++)
        if (matches->module->nodes[i] != NULL)
            put_node(matches, matches->module->nodes[i], writer);
    return writer_flush(writer, err);
}

/* ---- policy init --------------------------------------------------------- */

static uint64_t
count_marked(const struct named_pattern *pattern, const struct module *module,
             const struct types *types, struct arena *arena)
{
    const bool *const marks =
        named_pattern_nodes(pattern, module, types, arena);
    uint64_t n = 0;

    for (uint32_t i = 0; i < module->n_nodes; i++)
        n += marks[i];
    return n;
}

static void
put_pattern(struct writer *writer, const struct named_pattern *pattern,
            uint64_t nodes)
{
    writer_printf(writer, "#\n# %s", pattern->summary);
    if (nodes > 0)
        writer_printf(writer, " (%llu node%s)", (unsigned long long)nodes,
                      nodes == 1 ? "" : "s");
    writer_printf(writer,
                  "\n# - name: %s\n"
                  "#   match: {pattern: %s}\n"
                  "#   precision: float32\n"
                  "#   reason: say why\n",
                  pattern->name, pattern->name);
}

static void
put_limits(struct writer *writer, const struct model_summary *summary)
{
    writer_text(writer,
                "\n# What the model may not exceed, or convert exits with 1.\n"
                "# limits:\n");
    if (summary != NULL)
        writer_printf(writer, "#   # the model has %llu now\n",
                      (unsigned long long)summary->casts);
    writer_text(writer, "#   max_explicit_casts: 40\n"
                        "#   max_float32_node_share: 0.25\n");
}

enum opp_status
policy_write_start(const struct module *module, const struct types *types,
                   const struct model_summary *summary, struct arena *arena,
                   struct writer *writer, struct opp_error *err)
{
    writer_text(writer,
                "# Which nodes compute in which precision, and why. As it is "
                "it changes nothing.\n"
                "schema: 1\n"
                "default:\n"
                "  precision: float16  # of what no rule matches, as far as "
                "it is safe\n"
                "  io: keep            # the types of inputs and outputs\n"
                "\n"
                "# In order: the first rule that matches a node decides. A "
                "rule is obeyed\n"
                "# although evidence speaks against it, and reported then.\n"
                "rules: []\n");
    for (size_t i = 0; named_pattern_at(i) != NULL; i++) {
        const struct named_pattern *const pattern = named_pattern_at(i);
        const uint64_t nodes =
            module == NULL ? 0 : count_marked(pattern, module, types, arena);
        if (module == NULL || nodes > 0)
            put_pattern(writer, pattern, nodes);
    }
    put_limits(writer, summary);
    return writer_flush(writer, err);
}
