// SPDX-License-Identifier: GPL-3.0-or-later
#include "detect/detect.h"

#include <string.h>

static int window_in_range(int window)
{
    return window < 1 ? 1 : window > DETECT_MAX_WINDOW ? DETECT_MAX_WINDOW : window;
}

uint8_t detect_cutoff_byte(double cutoff)
{
    return cutoff > 0 ? (uint8_t)(cutoff < 1 ? cutoff * 255 : 255) : 0;
}

static void ring_clear(struct detector *detector)
{
    memset(detector->ring, 0, sizeof(detector->ring));
    detector->sum = 0;
    detector->newest = 0;
    detector->counter = -DETECT_COOL_DOWN;
}

static void ring_add(struct detector *detector, uint8_t byte)
{
    detector->sum += byte - detector->ring[detector->next];
    detector->ring[detector->next] = byte;
    detector->next = (detector->next + 1) % detector->window;
    detector->newest = byte;
}

void detector_init(struct detector *detector, uint8_t cutoff, int window)
{
    *detector = (struct detector){.window = window_in_range(window), .cutoff = cutoff};
    ring_clear(detector);
}

bool detector_row(struct detector *detector, bool fresh, uint8_t byte)
{
    if (fresh) {
        ring_add(detector, byte);
        detector->unread = true;
    }
    // The counter waits while the model still says yes, so that one word is not heard twice.
    if (detector->newest < detector->cutoff && detector->counter < 0)
        detector->counter++;
    if (!detector->unread || detector->counter < 0)
        return false;
    detector->unread = false;
    if (detector->sum <= detector->cutoff * detector->window)
        return false;
    detector->fired_sum = detector->sum;
    ring_clear(detector);
    return true;
}

int detect_max_sum(const uint8_t *bytes, size_t count, int window)
{
    size_t width = (size_t)window_in_range(window);
    int sum = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        sum += bytes[i];
        if (i >= width)
            sum -= bytes[i - width];
        largest = sum > largest ? sum : largest;
    }
    return largest;
}

size_t detect_count(const uint8_t *bytes, size_t count, int stride, uint8_t cutoff, int window, uint64_t *rows_hit,
                    size_t max_hits)
{
    struct detector detector;
    detector_init(&detector, cutoff, window);
    size_t hits = 0;
    uint64_t row = 0;
    for (size_t i = 0; i < count; i++) {
        for (int step = 1; step <= stride; step++, row++) { // the byte comes with the last row of its stride
            if (!detector_row(&detector, step == stride, bytes[i]))
                continue;
            if (rows_hit && hits < max_hits)
                rows_hit[hits] = row;
            hits++;
        }
    }
    return hits;
}
