#include "model/sniff.h"

#include <string.h>

/* Beginnings that cannot be those of a ModelProto. From the documents of the
 * formats: Git LFS pointer spec v1, HTML, ONNX's textual syntax, ONNX
 * Runtime's and TensorFlow Lite's flatbuffers (file identifier at byte 4),
 * PKWARE's zip, gzip (RFC 1952), HDF5 superblock, Python pickle protocol. */
static const struct {
    size_t at;
    const char *bytes;
    const char *what;
    const char *help;
} known[] = {
    {0, "version https://git-lfs", "a Git LFS pointer, not the model itself",
     "get the file: git lfs pull"},
    {0, "<!DOCTYPE", "a web page",
     "download the file itself, not the page that shows it"},
    {0, "<!doctype", "a web page",
     "download the file itself, not the page that shows it"},
    {0, "<html", "a web page",
     "download the file itself, not the page that shows it"},
    {0, "<ir_version", "a model in ONNX's textual syntax",
     "convert it: onnx.save(onnx.parser.parse_model(text), \"model.onnx\")"},
    {4, "ORTM", "a model in ONNX Runtime's own format",
     "use the .onnx file that it was made from"},
    {4, "TFL3", "a TensorFlow Lite model", "convert it with tf2onnx"},
    {0, "PK\x03\x04", "a zip archive (a PyTorch file is one, too)",
     "export the model to ONNX, or unpack the archive"},
    {0, "\x1f\x8b", "compressed with gzip", "unpack it first: gunzip"},
    {0, "\x89HDF", "an HDF5 file (Keras)", "convert it with tf2onnx"},
};

/* No control characters, and no byte that UTF-8 does not have. */
static bool
is_text(const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] == 0x7F || data[i] >= 0xF8 ||
            (data[i] < ' ' && strchr("\t\n\r\f", data[i]) == NULL))
            return false;
    return memchr(data, 0, size) == NULL;
}

void
sniff_explain(const struct source *source, struct opp_error *err)
{
    unsigned char head[256];
    const size_t size =
        source->size < sizeof head ? (size_t)source->size : sizeof head;
    const char *what = NULL;
    const char *help = "";

    if (source_read(source, head, 0, size, NULL) != OPP_OK)
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known && !what; i++) {
        const size_t length = strlen(known[i].bytes);
        if (known[i].at + length <= size &&
            memcmp(head + known[i].at, known[i].bytes, length) == 0) {
            what = known[i].what;
            help = known[i].help;
        }
    }
    if (what == NULL && is_text(head, size))
        what = "a text file";
    if (what == NULL)
        return;
    error_set(err, OPP_EINPUT, "`%s` is not an ONNX model", source->path);
    error_why(err, "it is %s", what);
    error_help(err, "%s", help);
}
