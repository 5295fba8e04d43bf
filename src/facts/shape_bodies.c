/* shape_bodies.c: shapes through the bodies of If, Loop and Scan. */
#include "facts/shape_rules.h"

#include <string.h>

#include "graph/bodies.h"

/* Loops nested deeper than this are swept once, with carried values that are
 * not known: otherwise each level would multiply the sweeps of the next. */
enum { CHECKED_DEPTH = 2 };

/* A Loop or Scan being worked out. */
struct loop {
    const struct node *node;
    const struct graph *body;
    const struct op_body *layout;
    struct shape *state; /* carried values at the start of an iteration */
    uint32_t n_carried;
};

static const struct shape *
body_output(const struct shapes *shapes, const struct graph *body,
            uint32_t slot)
{
    return shapes_of(shapes,
                     slot < body->n_outputs ? body->outputs[slot].value : NULL);
}

static struct shape_site
site_of(const struct shape_sweep *sweep, const struct node *node)
{
    return (struct shape_site){
        .shapes = sweep->shapes, .module = sweep->module, .node = node};
}

/* The axis that Scan runs along, of operand or output `i` (after the carried
 * ones) with `rank` dims; 0 when the attribute is not there. */
static bool
scan_axis(const struct shape_site *site, const char *attr, uint32_t i,
          uint32_t rank, uint32_t *axis)
{
    struct shape_list axes;

    site_list(site, attr, NO_SLOT, &axes);
    if (!axes.present)
        return axis_of(0, rank, axis);
    return i < axes.n && axis_of(axes.item[i].n, rank, axis);
}

/* What one iteration gets of scan input `i`. */
static void
scan_slice(const struct shape_site *site, const struct shape *whole, uint32_t i,
           struct shape_draft *out)
{
    uint32_t axis;

    if (!whole->known ||
        !scan_axis(site, "scan_input_axes", i, whole->rank, &axis))
        return;
    out->known = true;
    out->assumed = whole->assumed;
    for (uint32_t k = 0; k < whole->rank; k++)
        if (k != axis)
            draft_dim(out, whole->dims[k]);
}

static void
bind_inputs(struct shape_sweep *sweep, const struct loop *loop)
{
    const struct shape_site site = site_of(sweep, loop->node);

    for (uint32_t i = 0; i < loop->body->n_inputs; i++) {
        const uint32_t k = i - loop->layout->body_in;
        struct shape_draft draft = {0};
        if (i >= loop->layout->body_in && k < loop->n_carried) {
            draft_shape(&draft, &loop->state[k]);
            draft_ints(&draft, &loop->state[k]);
        } else if (i >= loop->layout->body_in) {
            scan_slice(&site, site_input(&site, loop->layout->node_in + k),
                       k - loop->n_carried, &draft);
        }
        sweep_set(sweep, loop->body->inputs[i], &draft);
    }
}

/* Joins what comes back into the state. True when that changed it: the body
 * does not map the state into itself. */
static bool
widen(struct shape_sweep *sweep, struct loop *loop)
{
    bool changed = false;

    for (uint32_t i = 0; i < loop->n_carried; i++) {
        struct shape_draft draft = {0};
        struct shape joined;
        draft_shape(&draft, &loop->state[i]);
        draft_ints(&draft, &loop->state[i]);
        draft_join(&draft, body_output(sweep->shapes, loop->body,
                                       loop->layout->body_out + i));
        joined = sweep_keep(sweep, &draft);
        changed = changed || !shape_equals(&joined, &loop->state[i]);
        loop->state[i] = joined;
    }
    return changed;
}

/* Tries the state of the first iteration, then its join with what comes back,
 * and gives up. */
static void
sweep_loop(struct shape_sweep *sweep, struct loop *loop)
{
    const struct shape_site site = site_of(sweep, loop->node);
    uint32_t tries = sweep->depth < CHECKED_DEPTH ? 2 : 0;

    loop->state = arena_array(sweep->arena, loop->n_carried, struct shape);
    for (uint32_t i = 0; tries > 0 && i < loop->n_carried; i++)
        loop->state[i] = *site_input(&site, loop->layout->node_in + i);
    for (;; tries--) {
        bind_inputs(sweep, loop);
        sweep->depth++;
        sweep_graph(sweep, loop->body);
        sweep->depth--;
        if (tries == 0 || !widen(sweep, loop))
            return;
        if (tries == 1)
            memset(loop->state, 0, loop->n_carried * sizeof *loop->state);
    }
}

/* Inputs of which nothing is known but their hints. */
static void
sweep_untied(struct shape_sweep *sweep, const struct graph *body)
{
    const struct shape_draft nothing = {0};

    for (uint32_t i = 0; i < body->n_inputs; i++)
        sweep_set(sweep, body->inputs[i], &nothing);
    sweep_graph(sweep, body);
}

void
sweep_bodies(struct shape_sweep *sweep, const struct node *node, bool tied)
{
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout =
            tied ? node_body_layout(node, i) : NULL;
        struct loop loop = {
            .node = node, .body = node->bodies[i], .layout = layout};
        if (layout == NULL || layout->node_in == OP_NONE) {
            sweep_untied(sweep, node->bodies[i]);
            continue;
        }
        loop.n_carried = node_body_carried(node, layout);
        sweep_loop(sweep, &loop);
    }
}

/* ---- outputs ---------------------------------------------------------- */

/* What a Scan runs over: the length of any of its scan inputs. */
static struct dim
iterations(const struct shape_site *site, uint32_t first)
{
    struct dim steps = {0};

    for (uint32_t i = first; i < site->node->n_inputs; i++) {
        const struct shape *const input = site_input(site, i);
        uint32_t axis;
        if (input->known &&
            scan_axis(site, "scan_input_axes", i - first, input->rank, &axis))
            steps = dim_merge(steps, input->dims[axis]);
    }
    return steps;
}

/* The results of all iterations stacked along an axis of their own. */
static void
stack(const struct shape_site *site, const struct shape *one, uint32_t i,
      struct dim steps, struct shape_draft *out)
{
    uint32_t axis;

    if (!one->known ||
        !scan_axis(site, "scan_output_axes", i, one->rank + 1u, &axis))
        return;
    out->known = true;
    out->assumed = one->assumed;
    for (uint32_t k = 0; k < axis; k++)
        draft_dim(out, one->dims[k]);
    draft_dim(out, steps);
    for (uint32_t k = axis; k < one->rank; k++)
        draft_dim(out, one->dims[k]);
}

static void
loop_output(const struct shape_site *site, const struct op_body *layout,
            struct shape_draft *out)
{
    const uint32_t n = node_body_carried(site->node, layout);
    const struct shape *const result = body_output(
        site->shapes, site->node->bodies[0], site->output + layout->body_out);
    const uint32_t first = layout->node_in + n;

    if (site->output >= n) {
        stack(site, result, site->output - n, iterations(site, first), out);
        return;
    }
    /* No iteration at all gives what went in. */
    draft_shape(out, result);
    draft_ints(out, result);
    draft_join(out, site_input(site, layout->node_in + site->output));
}

void
rule_bodies(const struct shape_site *site, struct shape_draft *out)
{
    for (uint32_t i = 0; i < site->node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(site->node, i);
        const struct shape *result;
        if (layout == NULL) {
            *out = (struct shape_draft){0};
            return;
        }
        if (layout->node_in != OP_NONE) {
            loop_output(site, layout, out);
            return;
        }
        result = body_output(site->shapes, site->node->bodies[i],
                             site->output + layout->body_out);
        if (i > 0) {
            draft_join(out, result);
            continue;
        }
        draft_shape(out, result);
        draft_ints(out, result);
    }
}
