/* error.h: filling the caller's struct opp_error. A failure is returned as
 * `return error_set(err, OPP_EINPUT, "...")` and passed upward unchanged;
 * details are added once, where they are known. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "opp.h"

#if defined(__GNUC__)
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define PRINTF_LIKE(f, a)
#endif

/* Starts an error: sets status and what, clears the rest. Returns `status`.
 * `err` may be NULL in all of these. */
enum opp_status error_set(struct opp_error *err, enum opp_status status,
                          const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds the place, the reason or the way out to an error that was set. */
void error_where(struct opp_error *err, const char *format, ...)
    PRINTF_LIKE(2, 3);
void error_why(struct opp_error *err, const char *format, ...)
    PRINTF_LIKE(2, 3);
void error_help(struct opp_error *err, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
