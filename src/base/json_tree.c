#include "base/json_tree.h"

#include <stdlib.h>
#include <string.h>

/* ---- text ----------------------------------------------------------- */

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Bytes of the UTF-8 sequence at `s` (which ends with a NUL); 0 for none.
 * Ranges: The Unicode Standard, table 3-7. */
static size_t
sequence_size(const unsigned char *s)
{
    const size_t n = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    const unsigned char least = s[0] == 0xE0   ? 0xA0
                                : s[0] == 0xF0 ? 0x90
                                               : 0x80;
    const unsigned char most = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;

    if (n == 1)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4 || s[1] < least || s[1] > most)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static bool
is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s != '\0') {
        const size_t n = sequence_size(s);
        if (n == 0)
            return false;
        s += n;
    }
    return true;
}

/* A copy in which every byte that belongs to no sequence is replaced. */
static char *
clean_copy(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    char *const copy = malloc(strlen(text) * strlen(replacement) + 1);
    char *out = copy;

    while (copy != NULL && *s != '\0') {
        const size_t n = sequence_size(s);
        const size_t size = n > 0 ? n : strlen(replacement);
        memcpy(out, n > 0 ? (const char *)s : replacement, size);
        out += size;
        s += n > 0 ? n : 1;
    }
    if (copy != NULL)
        *out = '\0';
    return copy;
}

/* ---- the tree ------------------------------------------------------- */

void
json_tree_init(struct json_tree *tree)
{
    tree->root = json_object();
    tree->failed = tree->root == NULL;
}

json_t *
json_tree_text(const char *text)
{
    char *clean;
    json_t *value;

    if (text == NULL)
        text = "";
    if (is_utf8(text))
        return json_string(text);
    clean = clean_copy(text);
    value = clean == NULL ? NULL : json_string(clean);
    free(clean);
    return value;
}

json_t *
json_tree_count(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

void
json_tree_set(struct json_tree *tree, json_t *object, const char *key,
              json_t *value)
{
    char *clean;

    if (is_utf8(key)) {
        if (json_object_set_new(object, key, value) != 0)
            tree->failed = true;
        return;
    }
    clean = clean_copy(key);
    if (json_object_set_new(object, clean, value) != 0)
        tree->failed = true;
    free(clean);
}

void
json_tree_add(struct json_tree *tree, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        tree->failed = true;
}

json_t *
json_tree_set_object(struct json_tree *tree, json_t *object, const char *key)
{
    json_t *const child = json_object();

    json_tree_set(tree, object, key, child);
    return tree->failed ? NULL : child;
}

json_t *
json_tree_set_array(struct json_tree *tree, json_t *object, const char *key)
{
    json_t *const child = json_array();

    json_tree_set(tree, object, key, child);
    return tree->failed ? NULL : child;
}

json_t *
json_tree_add_object(struct json_tree *tree, json_t *array)
{
    json_t *const child = json_object();

    json_tree_add(tree, array, child);
    return tree->failed ? NULL : child;
}

static int
write_chunk(const char *text, size_t size, void *payload)
{
    struct writer *const writer = payload;

    writer_bytes(writer, text, size);
    return writer->failed ? -1 : 0;
}

enum opp_status
json_tree_write(struct json_tree *tree, struct writer *writer,
                struct opp_error *err)
{
    if (!tree->failed &&
        json_dump_callback(tree->root, write_chunk, writer,
                           JSON_INDENT(1) | JSON_PRESERVE_ORDER) != 0)
        tree->failed = true;
    json_decref(tree->root);
    if (tree->failed && !writer->failed)
        return error_set(err, OPP_ENOMEM, "memory is used up");
    writer_text(writer, "\n");
    return writer_flush(writer, err);
}
