// SPDX-License-Identifier: GPL-3.0-or-later
// QR codes for a terminal and for the page.
#include "server/lan_internal.h"

#include <qrencode.h>
#include <stdlib.h>

enum { QUIET = 4, QUIET_TERMINAL = 2, MOST_PICTURE = 1 << 20 };

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

// Two rows of modules a line. What is light is printed and what is dark is left out, on a black ground.
char *qr_terminal(const char *text)
{
    static const char *const blocks[] = {"█", "▀", "▄", " "}; // neither dark, lower dark, upper dark, both dark
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (!code)
        return NULL;
    struct buffer out;
    buffer_init(&out, MOST_PICTURE);
    for (int y = -QUIET_TERMINAL; y < code->width + QUIET_TERMINAL; y += 2) {
        buffer_print(&out, "\033[40;97m");
        for (int x = -QUIET_TERMINAL; x < code->width + QUIET_TERMINAL; x++)
            buffer_print(&out, "%s", blocks[2 * is_dark(code, x, y) + is_dark(code, x, y + 1)]);
        buffer_print(&out, "\033[0m\n");
    }
    QRcode_free(code);
    return out.failed ? (buffer_free(&out), NULL) : out.data;
}

char *qr_svg(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return NULL;
    struct buffer out;
    buffer_init(&out, MOST_PICTURE);
    int side = code->width + 2 * QUIET;
    buffer_print(&out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                 "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
                 side, side, side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (is_dark(code, x, y))
                buffer_print(&out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
    buffer_print(&out, "\"/></svg>");
    QRcode_free(code);
    return out.failed ? (buffer_free(&out), NULL) : out.data;
}
