/* policy_schema.c: the tables of keys as a JSON Schema. */
#include "plan/policy_print.h"

static void set_record(struct json_tree *tree, json_t *object,
                       const struct config_record *record);

/* What one value of the key may be. */
static void
set_one(struct json_tree *tree, json_t *object, const struct config_key *key)
{
    json_t *words;

    switch (key->kind) {
    case CONFIG_TEXT:
    case CONFIG_TEXTS:
    case CONFIG_MAP:
        json_tree_set(tree, object, "type", json_tree_text("string"));
        if (key->words == NULL)
            return;
        words = json_tree_set_array(tree, object, "enum");
        for (size_t i = 0; key->words[i] != NULL; i++)
            json_tree_add(tree, words, json_tree_text(key->words[i]));
        return;
    case CONFIG_FLAG:
        json_tree_set(tree, object, "type", json_tree_text("boolean"));
        return;
    case CONFIG_INTEGER:
        json_tree_set(tree, object, "type", json_tree_text("integer"));
        json_tree_set(tree, object, "minimum", json_integer(key->least));
        json_tree_set(tree, object, "maximum", json_integer(key->most));
        return;
    case CONFIG_NUMBER:
    case CONFIG_NUMBERS:
        json_tree_set(tree, object, "type", json_tree_text("number"));
        return;
    case CONFIG_RECORDS:
        set_record(tree, object, key->record);
        return;
    }
}

static bool
is_list(const struct config_key *key)
{
    return (key->kind == CONFIG_TEXTS || key->kind == CONFIG_NUMBERS ||
            key->kind == CONFIG_RECORDS) &&
           key->most != 1;
}

/* One value does where a list is expected, unless it must be longer. */
static void
set_value(struct json_tree *tree, json_t *object, const struct config_key *key)
{
    json_t *list = object;

    if (!is_list(key)) {
        set_one(tree, object, key);
        return;
    }
    if (key->least <= 1) {
        json_t *const either = json_tree_set_array(tree, object, "anyOf");
        set_one(tree, json_tree_add_object(tree, either), key);
        list = json_tree_add_object(tree, either);
    }
    json_tree_set(tree, list, "type", json_tree_text("array"));
    set_one(tree, json_tree_set_object(tree, list, "items"), key);
    if (key->least > 0)
        json_tree_set(tree, list, "minItems", json_integer(key->least));
    if (key->most > 0)
        json_tree_set(tree, list, "maxItems", json_integer(key->most));
}

static void
set_record(struct json_tree *tree, json_t *object,
           const struct config_record *record)
{
    json_t *properties, *required = NULL;

    json_tree_set(tree, object, "type", json_tree_text("object"));
    json_tree_set(tree, object, "additionalProperties", json_false());
    properties = json_tree_set_object(tree, object, "properties");
    for (const struct config_key *k = record->keys; k->name != NULL; k++) {
        json_t *const value = json_tree_set_object(tree, properties, k->name);
        if (k->help != NULL)
            json_tree_set(tree, value, "description", json_tree_text(k->help));
        set_value(tree, value, k);
        if (!k->required)
            continue;
        if (required == NULL)
            required = json_tree_set_array(tree, object, "required");
        json_tree_add(tree, required, json_tree_text(k->name));
    }
}

enum opp_status
policy_write_schema(struct writer *writer, struct opp_error *err)
{
    struct json_tree tree;

    json_tree_init(&tree);
    json_tree_set(
        &tree, tree.root, "$schema",
        json_tree_text("https://json-schema.org/draft/2020-12/schema"));
    json_tree_set(&tree, tree.root, "title",
                  json_tree_text("policy file of onnx-precision-pass"));
    set_record(&tree, tree.root, &policy_file_record);
    return json_tree_write(&tree, writer, err);
}
