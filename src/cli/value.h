/* value.h: the argument of one option, from text to the value in a struct. */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/command.h"
#include "opp.h"

/* Stores `argument` (NULL when there is none) at `field`, which has the type
 * that row->kind names. `off`: the option was spelt --no-NAME. Fails with
 * OPP_EUSAGE, OPP_ENOMEM. */
enum opp_status value_store(const struct option_row *row, void *field, bool off,
                            const char *argument, struct opp_error *err);

/* A size such as 4096, 64K, 2G or 2GiB, in units of 1024; with `suffix`
 * false, a plain number. Returns false when it is neither or above 2^64. */
bool value_number(const char *text, bool suffix, uint64_t *out);

#endif
