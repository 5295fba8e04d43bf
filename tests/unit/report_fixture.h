/* report_fixture.h: a report and what a writer makes of it. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "ops/elem.h"
#include "report/report.h"

struct fixture {
    jmp_buf unwind;
    struct report report;
    struct buffer buffer;
};

static inline int
keep(void *payload, const void *data, size_t size)
{
    return buffer_append(payload, data, size) ? 0 : -1;
}

typedef enum opp_status (*write_fn)(const struct report *, struct writer *,
                                    struct opp_error *);

static inline const char *
write_report(struct fixture *f, write_fn write)
{
    struct writer writer;
    struct opp_error err;

    buffer_free(&f->buffer);
    f->buffer = (struct buffer){0};
    writer_init(&writer, keep, &f->buffer);
    assert_int_equal(write(&f->report, &writer, &err), OPP_OK);
    assert_true(buffer_append(&f->buffer, "", 1));
    return (const char *)f->buffer.data;
}

static inline void
begin(struct fixture *f)
{
    *f = (struct fixture){0};
    report_init(&f->report, "m.onnx", &f->unwind);
}

static inline void
end(struct fixture *f)
{
    buffer_free(&f->buffer);
    arena_free(&f->report.arena);
}

#endif
