// SPDX-License-Identifier: GPL-3.0-or-later
#include "frontend/frontend_internal.h"

#include "base/base.h"

#include <string.h>

static frontend_body *const bodies[CPU_LEVELS] = {
    [CPU_PLAIN] = frontend_row_plain,
#ifdef FRONTEND_X86
    [CPU_AVX2] = frontend_row_avx2,
    [CPU_AVX512] = frontend_row_avx512,
#endif
};

// The best body that this build has for this CPU.
static frontend_body *best_body(void)
{
    int level = (int)cpu_level();
    while (!bodies[level])
        level--;
    return bodies[level];
}

void frontend_reset(struct frontend *frontend)
{
    *frontend = (struct frontend){0};
}

size_t frontend_rows(const struct frontend *frontend, size_t count)
{
    size_t whole = frontend->held_count + count;
    return whole < FRONTEND_WINDOW ? 0 : (whole - FRONTEND_WINDOW) / FRONTEND_STEP + 1;
}

size_t frontend_push_body(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows,
                          frontend_body *body)
{
    size_t made = 0;
    while (count > 0) {
        size_t room = FRONTEND_WINDOW - frontend->held_count;
        size_t taken = count < room ? count : room;
        memcpy(frontend->held + frontend->held_count, samples, taken * sizeof(*samples));
        frontend->held_count += taken;
        samples += taken;
        count -= taken;
        if (frontend->held_count == FRONTEND_WINDOW) {
            body(frontend->estimate, frontend->held, rows + made++ * FRONTEND_CHANNELS);
            frontend->held_count -= FRONTEND_STEP;
            memmove(frontend->held, frontend->held + FRONTEND_STEP, frontend->held_count * sizeof(*samples));
        }
    }
    return made;
}

size_t frontend_push(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows)
{
    return frontend_push_body(frontend, samples, count, rows, best_body());
}

size_t frontend_push_plain(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows)
{
    return frontend_push_body(frontend, samples, count, rows, frontend_row_plain);
}

int8_t frontend_int8(uint16_t feature)
{
    int byte = (feature * 256 + 333) / 666 - 128;
    return (int8_t)(byte < 127 ? byte : 127);
}

void frontend_quantize(const uint16_t *features, size_t count, int8_t *bytes)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = frontend_int8(features[i]);
}
