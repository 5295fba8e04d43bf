#include "pass/listing.h"

#include <stdio.h>

#include "base/json_tree.h"

enum { LISTING_SCHEMA = 1 };

static const char *
kind_name(enum option_kind kind)
{
    switch (kind) {
    case OPTION_FLAG:
        return "flag";
    case OPTION_TEXT:
        return "text";
    case OPTION_NUMBER:
        return "number";
    case OPTION_LIST:
        return "list";
    }
    return "";
}

/* ---- text ----------------------------------------------------------- */

static void
put_option(struct writer *writer, const struct pass_option *option)
{
    char assignment[64];

    snprintf(assignment, sizeof assignment, "%s=%s", option->name,
             option->missing);
    writer_printf(writer, "      %-20s %-7s %s\n", assignment,
                  kind_name(option->kind), option->help);
}

static void
put_pass(struct writer *writer, const struct pass *pass)
{
    writer_printf(writer, "  %-16s %s\n", pass->name, pass->summary);
    for (const struct pass_option *o = pass->options; o->name != NULL; o++)
        put_option(writer, o);
    for (size_t i = 0; pass->counts[i] != NULL; i++)
        writer_printf(writer, "%s%s", i == 0 ? "      counts: " : ", ",
                      pass->counts[i]);
    writer_text(writer, pass->counts[0] == NULL ? "" : "\n");
}

static enum opp_status
write_text(struct writer *writer, struct opp_error *err)
{
    writer_text(writer, "Passes (options with their defaults)\n");
    for (size_t i = 0; pass_registry[i] != NULL; i++) {
        writer_text(writer, "\n");
        put_pass(writer, pass_registry[i]);
    }
    writer_text(writer, "\nPresets\n");
    for (const struct preset *p = preset_registry; p->name != NULL; p++)
        writer_printf(writer, "\n  @%-15s %s\n      %s\n", p->name, p->summary,
                      p->pipeline);
    return writer_flush(writer, err);
}

/* ---- JSON ----------------------------------------------------------- */

static void
add_option(struct json_tree *tree, json_t *options,
           const struct pass_option *option)
{
    json_t *const object = json_tree_add_object(tree, options);

    json_tree_set(tree, object, "name", json_tree_text(option->name));
    json_tree_set(tree, object, "kind",
                  json_tree_text(kind_name(option->kind)));
    json_tree_set(tree, object, "default", json_tree_text(option->missing));
    json_tree_set(tree, object, "help", json_tree_text(option->help));
}

static void
add_pass(struct json_tree *tree, json_t *passes, const struct pass *pass)
{
    json_t *const object = json_tree_add_object(tree, passes);
    json_t *options, *counts;

    json_tree_set(tree, object, "name", json_tree_text(pass->name));
    json_tree_set(tree, object, "summary", json_tree_text(pass->summary));
    json_tree_set(tree, object, "edits", json_boolean(pass->edits));
    options = json_tree_set_array(tree, object, "options");
    for (const struct pass_option *o = pass->options; o->name != NULL; o++)
        add_option(tree, options, o);
    counts = json_tree_set_array(tree, object, "counts");
    for (size_t i = 0; pass->counts[i] != NULL; i++)
        json_tree_add(tree, counts, json_tree_text(pass->counts[i]));
}

static void
add_preset(struct json_tree *tree, json_t *presets, const struct preset *preset)
{
    json_t *const object = json_tree_add_object(tree, presets);

    json_tree_set(tree, object, "name", json_tree_text(preset->name));
    json_tree_set(tree, object, "summary", json_tree_text(preset->summary));
    json_tree_set(tree, object, "pipeline", json_tree_text(preset->pipeline));
}

static enum opp_status
write_json(struct writer *writer, struct opp_error *err)
{
    struct json_tree tree;
    json_t *passes, *presets;

    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "schema", json_integer(LISTING_SCHEMA));
    passes = json_tree_set_array(&tree, tree.root, "passes");
    for (size_t i = 0; pass_registry[i] != NULL; i++)
        add_pass(&tree, passes, pass_registry[i]);
    presets = json_tree_set_array(&tree, tree.root, "presets");
    for (const struct preset *p = preset_registry; p->name != NULL; p++)
        add_preset(&tree, presets, p);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
passes_write(enum opp_format format, struct writer *writer,
             struct opp_error *err)
{
    return format == OPP_JSON ? write_json(writer, err)
                              : write_text(writer, err);
}
