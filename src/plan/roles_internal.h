/* roles_internal.h: what the files about roles share; nobody else includes
 * it. */
#ifndef PLAN_ROLES_INTERNAL_H
#define PLAN_ROLES_INTERNAL_H

#include "plan/roles.h"

/* Values that one constant is followed to. */
enum { REACH = 1024, MEETINGS = 16 };

/* Stand-ins that are summed and summed again end at a quarter of the range: the
 * sum of three of them and of what is no stand-in is still finite, and so is
 * the product with a whole number of up to 4. (A sum that is -inf in a whole
 * row makes NaN of its Softmax.) What is no stand-in there is expected to be
 * smaller by SMALL. */
enum { PARTS = 3, SHARE = 4, SMALL = 16 };

enum sign { NEGATIVE = 1 << 0, POSITIVE = 1 << 1, EITHER = 3 };
enum treatment { FOLLOWED, AT_LIMIT };
enum effect { NONE, FLOORS, LARGEST, SMALLEST }; /* roles.def */

enum role_id {
#define EFFECT(op, effect)
#define PLACE(op, slot, role)
#define ROLE(id, signs, treatment, text) ROLE_##id,
#include "plan/roles.def"
#undef ROLE
#undef PLACE
#undef EFFECT
    ROLE_COUNT,
};

struct role {
    enum sign signs;
    enum treatment treatment;
    const char *text;
};

/* The row of a role. */
const struct role *role_info(enum role_id id);

/* What a constant is as this operand; ROLE_COUNT where no row says. */
enum role_id role_of_place(const struct use *use);

/* What an op makes of a stand-in; NONE where no row says. */
enum effect role_effect(const struct node *node);

/* A value with stand-ins: where it is on the way. */
struct standin {
    const struct value *value;
    uint8_t signs; /* enum sign: which they may have */
    uint8_t parts; /* stand-ins that one of its elements may be the sum of */
    bool alone;    /* the constant, moved only */
    bool padding;  /* there is something else beside each stand-in */
    bool waits;    /* for its users to be looked at */
};

struct roles {
    struct walk *walk;
    struct standin list[REACH];
    uint32_t n;
    uint32_t *at;  /* by value id: one more than the index in the list */
    bool whole;    /* all elements of the constant are stand-ins */
    bool added;    /* one is added, or multiplied */
    bool compared; /* one is compared as it is */
    bool failed;
    /* Sums that the constant itself is an operand of. */
    const struct node *sums[MEETINGS];
    uint32_t n_sums;
    enum role_id role; /* ROLE_COUNT: not known yet */
    const struct standin *from; /* whose users are looked at */
};

/* The entry of a value on the list; NULL where it has none. */
struct standin *roles_standin_of(struct roles *roles,
                                 const struct value *value);

/* Puts a value on the list, or adds what is new of it to its entry. */
void roles_add(struct roles *roles, const struct standin *standin);

/* Goes from roles->from over one of its uses to what the user makes. False
 * where the user makes something else of the constant than of what it
 * saturates at. */
bool roles_follow(struct roles *roles, const struct use *use);

#endif
