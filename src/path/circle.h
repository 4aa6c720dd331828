/*
 * circle.h - whether a soft link would lead to itself
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CIRCLE_H
#define NL_CIRCLE_H

#include "path/place.h"

/**
 * Tell whether a soft link that holds @p target would lead to itself in the place of the name that stands there,
 * over whatever other soft links.
 *
 * @param itself  Written where the result is 0; false where nothing stands at the place.
 * @returns       0, or the number of a look that gave no answer.
 */
int nl_circle_look(bool *itself, const struct nl_place *place, const char *target);

#endif
