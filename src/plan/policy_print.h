/* policy_print.h: what people and programs are told of a policy file. */
#ifndef PLAN_POLICY_PRINT_H
#define PLAN_POLICY_PRINT_H

#include "base/writer.h"
#include "plan/policy_match.h"
#include "report/report.h"

/* Findings about the file itself: patterns and rules that match nothing
 * (OPP703), rules that never apply (OPP704). */
void report_rules(struct report *report, const struct policy_matches *matches);

/* The rules, with the number of nodes where `matches` has a module, the keys
 * that have no effect yet, and the findings of the report. JSON: schema 1 with
 * policy, hash, rules, unused_keys, findings. */
enum opp_status policy_write_check(const struct policy_matches *matches,
                                   const struct report *report,
                                   enum opp_format format,
                                   struct writer *writer,
                                   struct opp_error *err);

/* Each node with the rule that takes it, and the rules that take operands of
 * it. JSON: schema 1 with policy, hash, nodes. */
enum opp_status policy_write_nodes(const struct policy_matches *matches,
                                   enum opp_format format,
                                   struct writer *writer,
                                   struct opp_error *err);

/* A file to begin with, which changes nothing: named patterns that the model
 * has, as comments. `module` and `types` NULL: all patterns. */
enum opp_status policy_write_start(const struct module *module,
                                   const struct types *types,
                                   const struct model_summary *summary,
                                   struct arena *arena, struct writer *writer,
                                   struct opp_error *err);

/* The JSON Schema of policy files, of the tables that read them. */
enum opp_status policy_write_schema(struct writer *writer,
                                    struct opp_error *err);

#endif
