#include "ops/signatures.h"

#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "ops/table.h"

enum {
    NAME_MOST = 127,   /* bytes */
    PARAMS_MOST = 254, /* op_arity counts in 8 bits, 255 is OP_ANY */
    SINCE_MOST = 255,  /* as struct op_schema has it */
};

/* ---- what stands in a file ----------------------------------------------- */

struct op_record {
    struct config_place at;
    struct config_text domain, op;
    struct config_integer since;
    struct config_list types; /* of struct config_entry */
    struct config_list inputs, outputs;
};

struct file_record {
    struct config_place at;
    struct config_integer schema;
    struct config_list ops; /* of struct op_record */
};

#define AT(field) offsetof(struct op_record, field)

static const struct config_key op_keys[] = {
    {.name = "domain",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = AT(domain)},
    {.name = "op", .kind = CONFIG_TEXT, .required = true, .offset = AT(op)},
    {.name = "since",
     .kind = CONFIG_INTEGER,
     .offset = AT(since),
     .least = 1,
     .most = SINCE_MOST},
    {.name = "types",
     .kind = CONFIG_MAP,
     .offset = AT(types),
     .most = OP_VARS_MOST},
    {.name = "inputs",
     .kind = CONFIG_TEXTS,
     .required = true,
     .offset = AT(inputs),
     .most = PARAMS_MOST},
    {.name = "outputs",
     .kind = CONFIG_TEXTS,
     .required = true,
     .offset = AT(outputs),
     .least = 1,
     .most = PARAMS_MOST},
    {.name = NULL},
};

static const struct config_record op_record = {
    "an op", sizeof(struct op_record), op_keys};

static const struct config_key file_keys[] = {
    {.name = "schema",
     .kind = CONFIG_INTEGER,
     .required = true,
     .offset = offsetof(struct file_record, schema),
     .least = 1,
     .most = 1},
    {.name = "ops",
     .kind = CONFIG_RECORDS,
     .required = true,
     .offset = offsetof(struct file_record, ops),
     .least = 1,
     .record = &op_record},
    {.name = NULL},
};

static const struct config_record file_record = {
    "a file of signatures", sizeof(struct file_record), file_keys};

/* ---- what is made of it -------------------------------------------------- */

/* One version of an op, with all that its schema refers to. */
struct signature {
    struct op_declared op;
    struct op_table table;
    struct op_domain domain;
    const char *key; /* in the map */
    const char *path;
    struct config_place at;
    struct signature *older;
};

/* A signature while it is made. */
struct maker {
    struct op_signatures *set;
    const char *path;
    struct opp_error *err;
    const struct op_record *record;
    struct signature *made;
    struct op_param *params; /* inputs, then outputs */
    struct op_set *sets;
    bool used[OP_VARS_MOST];  /* some parameter has this variable, ... */
    bool bound[OP_VARS_MOST]; /* ... an input */
    char *names;
    size_t names_used;
};

static const char *
canonical(const char *domain)
{
    return strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

static const struct config_entry *
entry_at(const struct maker *m, size_t i)
{
    return (const struct config_entry *)m->record->types.items + i;
}

static enum opp_status
check_name(const struct maker *m, const struct config_text *name)
{
    const size_t length = strlen(name->text);

    for (const char *c = name->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20)
            return config_fail(m->err, m->path, name->at,
                               "a name cannot hold control characters");
    if (length > NAME_MOST)
        return config_fail(m->err, m->path, name->at,
                           "a name has at most %d bytes, this has %zu",
                           NAME_MOST, length);
    return OPP_OK;
}

static uint16_t
add_name(struct maker *m, const char *name)
{
    const size_t at = m->names_used;

    memcpy(m->names + at, name, strlen(name) + 1);
    m->names_used += strlen(name) + 1;
    return (uint16_t)at;
}

/* ---- type variables ------------------------------------------------------ */

static const char *
elem_name_at(const void *list, size_t i)
{
    (void)list;
    return i + 1 < ELEM_COUNT ? elem_name((int)i + 1) : NULL;
}

/* First the variables, then the element types. */
static const char *
type_name_at(const void *list, size_t i)
{
    const struct maker *const m = list;
    const size_t n = m->record->types.count;

    return i < n ? entry_at(m, i)->name.text : elem_name_at(NULL, i - n);
}

static enum opp_status
add_elem(const struct maker *m, const struct config_text *text,
         struct op_set *set)
{
    const enum elem_type elem = elem_parse(text->text);

    if (elem == ELEM_UNDEFINED) {
        config_fail(m->err, m->path, text->at, "no element type is called `%s`",
                    text->text);
        config_suggest(m->err, text->text, elem_name_at, NULL);
        return OPP_EUSAGE;
    }
    set->elems |= ELEM_BIT(elem);
    return OPP_OK;
}

static enum opp_status
add_variable(struct maker *m, size_t i)
{
    const struct config_entry *const entry = entry_at(m, i);
    const struct config_text *const texts = entry->texts.items;
    struct op_set *const set = &m->sets[i];
    enum opp_status status = check_name(m, &entry->name);

    if (status != OPP_OK)
        return status;
    if (elem_parse(entry->name.text) != ELEM_UNDEFINED)
        return config_fail(m->err, m->path, entry->name.at,
                           "`%s` is an element type, it cannot be a variable",
                           entry->name.text);
    *set = (struct op_set){.name_at = add_name(m, entry->name.text),
                           .var = (uint8_t)i,
                           .container = OP_TENSOR};
    for (size_t k = 0; status == OPP_OK && k < entry->texts.count; k++)
        status = add_elem(m, &texts[k], set);
    return status;
}

/* A variable that only outputs have would be decided by something that the
 * file does not say, so nothing could ask the op for another type. */
static enum opp_status
check_variable(const struct maker *m, size_t i)
{
    const struct config_text *const name = &entry_at(m, i)->name;

    if (!m->used[i])
        return config_fail(m->err, m->path, name->at,
                           "no parameter has the type `%s`", name->text);
    if (m->bound[i])
        return OPP_OK;
    config_fail(m->err, m->path, name->at, "no input has the type `%s`",
                name->text);
    error_why(m->err, "nothing says which type the outputs have then");
    error_help(m->err, "give them an element type, such as float");
    return OPP_EUSAGE;
}

/* ---- parameters ---------------------------------------------------------- */

static bool
cut_suffix(char *text, const char *suffix)
{
    const size_t length = strlen(text), cut = strlen(suffix);

    if (length < cut || strcmp(text + length - cut, suffix) != 0)
        return false;
    text[length - cut] = '\0';
    return true;
}

static enum opp_status
set_type(struct maker *m, const struct config_text *text, const char *type,
         struct op_param *param)
{
    for (size_t i = 0; i < m->record->types.count; i++)
        if (strcmp(entry_at(m, i)->name.text, type) == 0) {
            param->var = (uint8_t)i;
            return OPP_OK;
        }
    param->var = OP_NONE;
    param->elem = (uint8_t)elem_parse(type);
    if (param->elem != ELEM_UNDEFINED)
        return OPP_OK;
    config_fail(m->err, m->path, text->at,
                "`%s` is neither an element type nor one of `types`", type);
    config_suggest(m->err, type, type_name_at, m);
    return OPP_EUSAGE;
}

static enum opp_status
add_param(struct maker *m, const struct config_text *text, bool is_last,
          struct op_param *param)
{
    char *const type = arena_strdup(m->set->arena, text->text);

    param->option = OP_OPTION_SINGLE;
    if (cut_suffix(type, "..."))
        param->option = OP_OPTION_VARIADIC;
    else if (cut_suffix(type, "?"))
        param->option = OP_OPTION_OPTIONAL;
    param->min = param->option == OP_OPTION_SINGLE;
    if (param->option == OP_OPTION_VARIADIC && !is_last)
        return config_fail(m->err, m->path, text->at,
                           "only the last can stand for any number: `%s`",
                           text->text);
    return set_type(m, text, type, param);
}

static enum opp_status
add_params(struct maker *m, const struct config_list *list, const char *prefix,
           struct op_arity *arity)
{
    const struct config_text *const texts = list->items;
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < list->count; i++) {
        struct op_param *const param = m->params++;
        char name[sizeof "out" + 20];
        snprintf(name, sizeof name, "%s%zu", prefix, i);
        param->name_at = add_name(m, name);
        status = add_param(m, &texts[i], i + 1 == list->count, param);
        if (status == OPP_OK && param->var != OP_NONE)
            m->used[param->var] = true;
        if (param->min > 0)
            arity->min = (uint8_t)(i + 1);
        arity->max =
            param->option == OP_OPTION_VARIADIC ? OP_ANY : (uint8_t)(i + 1);
    }
    arity->formals = (uint8_t)list->count;
    return status;
}

/* ---- ops ----------------------------------------------------------------- */

static enum opp_status
check_op(const struct maker *m)
{
    const struct config_text *const domain = &m->record->domain;
    const struct config_text *const op = &m->record->op;
    enum opp_status status = check_name(m, domain);

    if (status == OPP_OK)
        status = check_name(m, op);
    if (status != OPP_OK)
        return status;
    if (op->text[0] == '\0')
        return config_fail(m->err, m->path, op->at, "an op needs a name");
    if (ops_find(domain->text, op->text, INT64_MAX) == NULL)
        return OPP_OK;
    config_fail(m->err, m->path, op->at, "`%s` of domain `%s` is known already",
                op->text, domain->text[0] == '\0' ? "ai.onnx" : domain->text);
    error_why(m->err, "only operators that this tool does not know can be "
                      "declared");
    return OPP_EUSAGE;
}

/* Puts what is made among the versions of its op, the newest first. */
static enum opp_status
insert(struct maker *m)
{
    struct op_signatures *const set = m->set;
    struct signature *const made = m->made;
    struct signature *newer = NULL, *older = map_get(&set->ops, made->key);
    const uint8_t since = made->op.schema.since;

    while (older != NULL && older->op.schema.since > since) {
        newer = older;
        older = older->older;
    }
    if (older != NULL && older->op.schema.since == since) {
        config_fail(m->err, m->path, m->record->op.at,
                    "version %d of `%s` is declared twice", since,
                    m->record->op.text);
        error_why(m->err, "the first is at %s:%u:%u", older->path,
                  older->at.line, older->at.column);
        return OPP_EUSAGE;
    }
    made->older = older;
    if (newer != NULL)
        newer->older = made;
    else
        map_put(&set->ops, made->key, made);
    return OPP_OK;
}

static size_t
size_of_names(const struct op_record *record)
{
    const size_t params = record->inputs.count + record->outputs.count;
    size_t size = strlen(record->op.text) + 1 + params * sizeof "out999";

    for (size_t i = 0; i < record->types.count; i++) {
        const struct config_entry *const entries = record->types.items;
        size += strlen(entries[i].name.text) + 1;
    }
    return size;
}

static void
begin(struct maker *m)
{
    const struct op_record *const record = m->record;
    struct arena *const arena = m->set->arena;
    struct signature *const made = arena_new(arena, struct signature);

    m->made = made;
    m->names = arena_alloc(arena, size_of_names(record));
    m->params = arena_array(arena, record->inputs.count + record->outputs.count,
                            struct op_param);
    m->sets = arena_array(arena, record->types.count, struct op_set);
    made->key = arena_printf(arena, "%s\n%s", canonical(record->domain.text),
                             record->op.text);
    made->path = m->path;
    made->at = record->op.at;
    made->domain.name = canonical(record->domain.text);
    made->table =
        (struct op_table){m->names, &made->domain, m->params, m->sets};
    made->op.table = &made->table;
    made->op.schema = (struct op_schema){
        .name_at = add_name(m, record->op.text),
        .since = record->since.at.line == 0 ? 1 : (uint8_t)record->since.value,
        .class = OP_COMPUTE,
        .flags = OP_DECLARED,
        .n_sets = (uint8_t)record->types.count,
    };
}

static enum opp_status
add_op(struct maker *m)
{
    const struct op_record *const record = m->record;
    enum opp_status status = check_op(m);

    if (status != OPP_OK)
        return status;
    begin(m);
    for (size_t i = 0; status == OPP_OK && i < record->types.count; i++)
        status = add_variable(m, i);
    if (status == OPP_OK)
        status =
            add_params(m, &record->inputs, "in", &m->made->op.schema.inputs);
    memcpy(m->bound, m->used, sizeof m->bound);
    if (status == OPP_OK)
        status =
            add_params(m, &record->outputs, "out", &m->made->op.schema.outputs);
    for (size_t i = 0; status == OPP_OK && i < record->types.count; i++)
        status = check_variable(m, i);
    return status == OPP_OK ? insert(m) : status;
}

/* ---- interface ----------------------------------------------------------- */

void
signatures_init(struct op_signatures *set, struct arena *arena)
{
    set->arena = arena;
    map_init(&set->ops, arena);
}

enum opp_status
signatures_read(struct op_signatures *set, const char *path,
                struct opp_error *err)
{
    struct file_record file = {0};
    const char *const copy = arena_strdup(set->arena, path);
    enum opp_status status =
        config_read(&file, &file_record, path, set->arena, err);

    for (size_t i = 0; status == OPP_OK && i < file.ops.count; i++) {
        struct maker maker = {.set = set,
                              .path = copy,
                              .err = err,
                              .record = (struct op_record *)file.ops.items + i};
        status = add_op(&maker);
    }
    return status;
}

const struct op_schema *
signatures_find(const struct op_signatures *set, const char *domain,
                const char *name, int64_t opset)
{
    const struct signature *found;
    char key[2 * NAME_MOST + 2];

    if (set == NULL || set->ops.count == 0)
        return NULL;
    /* Names in the set are not longer. */
    if (snprintf(key, sizeof key, "%s\n%s", canonical(domain), name) >=
        (int)sizeof key)
        return NULL;
    found = map_get(&set->ops, key);
    while (found != NULL && found->op.schema.since > (opset == 0 ? 1 : opset))
        found = found->older;
    return found == NULL ? NULL : &found->op.schema;
}
