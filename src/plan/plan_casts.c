/* plan_casts.c: how many casts a plan needs, and what they move. */
#include "plan/placement.h"

#include "ops/elem.h"

bool
plan_casts_value(const struct plan *plan, const struct types *types,
                 const struct value *value)
{
    const struct value_type type = types->of[value->id];

    return type.known && type.container == OP_TENSOR &&
           plan_decides(plan, type.elem) &&
           (value->held || value->kind == VALUE_INPUT ||
            !value_is_constant_of(value, type.elem));
}

/* True where apply-plan puts a Cast behind the value. */
static bool
needs_cast(const struct plan *plan, const struct types *types,
           const struct value *value)
{
    const int made = plan_elem_of_value(plan, types, value);

    for_each_use (value, use) {
        const int read = plan_elem_of_use(plan, types, use);
        if (made != read && (made == plan->to || read == plan->to))
            return true;
    }
    return false;
}

static void
add_cast(struct cast_sum *sum, const struct plan *plan,
         const struct shape *shape, int elem)
{
    uint64_t now, then;

    sum->casts++;
    if (shape_bytes(shape, elem, &now) &&
        shape_bytes(shape, plan_other(plan, elem), &then))
        sum->bytes += now + then;
    else
        sum->unknown++;
}

struct cast_sum
plan_casts(const struct plan *plan, const struct types *types,
           const struct shapes *shapes)
{
    const struct module *const module = plan->module;
    struct cast_sum sum = {0};

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value != NULL && plan_casts_value(plan, types, value) &&
            needs_cast(plan, types, value))
            add_cast(&sum, plan, shapes_of(shapes, value), types->of[i].elem);
    }
    return sum;
}
