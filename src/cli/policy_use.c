#include "cli/policy_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/value.h"

enum { OPP701 = 701, LAST_YEAR = 9999, SECONDS_A_DAY = 86400 };

/* ---- the file ------------------------------------------------------------ */

static const char *const file_names[] = {
    "onnx-precision.yaml", ".onnx-precision.yaml", ".onnx-precision.yml"};

/* What stands in the root of a repository. */
static const char *const root_marks[] = {".git", ".hg", ".svn", ".jj"};

static bool
exists_in(const char *folder, const char *name)
{
    struct text path = {0};
    struct stat status;
    bool exists;

    text_printf(&path, "%s/%s", folder, name);
    exists = !path.failed && stat(text_get(&path), &status) == 0;
    text_free(&path);
    return exists;
}

static bool
is_root(const char *folder)
{
    for (size_t i = 0; i < sizeof root_marks / sizeof *root_marks; i++)
        if (exists_in(folder, root_marks[i]))
            return true;
    return false;
}

/* The path of the file in a folder, or nothing. */
static bool
find_in(const char *folder, struct text *found)
{
    for (size_t i = 0; i < sizeof file_names / sizeof *file_names; i++) {
        if (!exists_in(folder, file_names[i]))
            continue;
        if (strcmp(folder, ".") == 0)
            text_string(found, file_names[i]);
        else
            text_printf(found, "%s/%s", folder, file_names[i]);
        return true;
    }
    return false;
}

/* Cuts the last component; false at the top. */
static bool
go_up(char *folder)
{
    char *const slash = strrchr(folder, '/');

    if (slash == NULL || slash[1] == '\0')
        return false;
    slash[slash == folder ? 1 : 0] = '\0';
    return true;
}

/* A file above the model's folder counts only within a repository: beyond it
 * anybody may have put one. */
static void
find_above(char *folder, struct text *found)
{
    struct text nearest = {0};

    while (!is_root(folder)) {
        if (!go_up(folder)) {
            text_free(&nearest);
            return;
        }
        if (nearest.size == 0)
            find_in(folder, &nearest);
    }
    if (nearest.size > 0)
        text_string(found, text_get(&nearest));
    found->failed |= nearest.failed;
    text_free(&nearest);
}

static void
find_nearest(const char *input, struct text *found)
{
    const char *const slash = strrchr(input, '/');
    struct text folder = {0};
    char *real;

    if (slash == NULL)
        text_string(&folder, ".");
    else
        text_bytes(&folder, input, (size_t)(slash - input) + 1);
    if (slash != NULL && slash != input)
        folder.data[--folder.size] = '\0';
    if (!find_in(text_get(&folder), found)) {
        real = realpath(text_get(&folder), NULL);
        if (real != NULL)
            find_above(real, found);
        free(real);
    }
    found->failed |= folder.failed;
    text_free(&folder);
}

enum opp_status
policy_use_find(struct call *call, const char *input, struct text *found,
                const char **path, struct opp_error *err)
{
    *path = call->common.policy;
    if (*path == NULL && (call->command->common & COMMON_FIND) != 0 &&
        !call->common.isolated && strcmp(input, "-") != 0) {
        find_nearest(input, found);
        if (found->failed)
            return message_set(err, OPP_ENOMEM, "out of memory");
        *path = found->size == 0 ? NULL : text_get(found);
    }
    if (*path != NULL)
        message_note(&call->screen, 1, "policy %s", *path);
    return OPP_OK;
}

/* ---- the day ------------------------------------------------------------- */

static unsigned
days_of_year(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
}

/* Day `day` since 1970-01-01 in the calendar of UTC. */
static void
print_day(char text[POLICY_DATE_TEXT], uint64_t day)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31};
    unsigned year = 1970, month = 0;

    while (day >= days_of_year(year))
        day -= days_of_year(year++);
    for (;; month++) {
        const unsigned length =
            lengths[month] + (month == 1 && days_of_year(year) == 366);
        if (day < length)
            break;
        day -= length;
    }
    snprintf(text, POLICY_DATE_TEXT, "%04u-%02u-%02u", year % 10000, month + 1,
             (unsigned)day % 31 + 1);
}

enum opp_status
policy_use_today(const struct call *call, char text[POLICY_DATE_TEXT],
                 struct opp_error *err)
{
    const char *const epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;

    if (call->common.today != NULL) {
        snprintf(text, POLICY_DATE_TEXT, "%s", call->common.today);
        return OPP_OK;
    }
    text[0] = '\0';
    if (epoch == NULL || epoch[0] == '\0')
        return OPP_OK;
    if (!value_number(epoch, false, &seconds) ||
        seconds / SECONDS_A_DAY / 366 > LAST_YEAR - 1970)
        return message_set(err, OPP_EUSAGE,
                           "SOURCE_DATE_EPOCH is `%s`, no number of seconds",
                           epoch);
    print_day(text, seconds / SECONDS_A_DAY);
    return OPP_OK;
}

/* ---- the pipeline -------------------------------------------------------- */

/* Without a pass that judges, a date has nobody to go to. */
static enum opp_status
set_today(struct call *call, struct opp_pipeline *pipeline,
          struct opp_error *err)
{
    char today[POLICY_DATE_TEXT];
    const enum opp_status status = policy_use_today(call, today, err);

    if (status != OPP_OK || today[0] == '\0')
        return status;
    return opp_pipeline_set(pipeline, "*", "today", today, err);
}

enum opp_status
policy_use_set(struct call *call, struct opp_pipeline *pipeline,
               const char *path, struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    if (path != NULL)
        status = opp_pipeline_set(pipeline, "*", "policy", path, err);
    if (status == OPP_OK && path != NULL &&
        (call->command->common & COMMON_TODAY) != 0)
        status = set_today(call, pipeline, err);
    return status;
}

int
policy_use_code(const struct opp_report *report)
{
    return opp_report_rule_findings(report, OPP701) > 0 ? 1 : 0;
}
