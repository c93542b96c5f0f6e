// SPDX-License-Identifier: GPL-3.0-or-later
// A log: a text file that one process appends to while others read it by offset. A reader who goes on at `next` gets
// every byte once, whatever others read and whatever the bytes are.
#include "server/jobs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int log_append(const char *path, const char *format, ...)
{
    struct buffer text;
    char line[2048];
    buffer_init(&text, sizeof line + 2);
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return ERROR_IO;
    char last = '\n';
    off_t end = lseek(file, 0, SEEK_END);
    if (end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n')
        buffer_append(&text, "\n", 1);
    buffer_print(&text, "%s\n", line);
    bool good = !text.failed && write(file, text.data, text.size) == (ssize_t)text.size;
    close(file);
    buffer_free(&text);
    return good ? 0 : ERROR_IO;
}

static int open_log(const char *path, int64_t *end, struct error *error)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0) {
        int reason = errno;
        if (file >= 0)
            close(file);
        return error_set(error, reason == ENOENT ? ERROR_MISSING : ERROR_IO, "cannot read the log %s: %s", path,
                         strerror(reason));
    }
    *end = about.st_size;
    return file;
}

static int read_at(int file, int64_t offset, size_t most, struct log_piece *piece, struct error *error)
{
    piece->data = malloc(most + 1);
    if (!piece->data)
        return error_memory(error, "a piece of the log");
    while (piece->size < most) {
        ssize_t got = pread(file, piece->data + piece->size, most - piece->size, offset + (int64_t)piece->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        piece->size += (size_t)got;
    }
    piece->data[piece->size] = 0;
    return 0;
}

// Where the text that is still there begins: behind the hole, at a line.
static int64_t first_kept(int file, int64_t end)
{
    int64_t begin = lseek(file, 0, SEEK_DATA);
    if (begin <= 0 || begin >= end)
        return begin < 0 || begin >= end ? 0 : begin;
    char piece[4096];
    ssize_t got = pread(file, piece, sizeof piece, begin);
    char *newline = got > 0 ? memchr(piece, '\n', (size_t)got) : NULL;
    return newline ? begin + (newline - piece) + 1 : begin;
}

// How much of a full chunk without a newline may go: not the beginning of a character.
static size_t whole_characters(const char *data, size_t size)
{
    size_t back = 0;
    while (back < 3 && back < size && ((unsigned char)data[size - 1 - back] & 0xc0) == 0x80)
        back++;
    unsigned char lead = back < size ? (unsigned char)data[size - 1 - back] : 0;
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return length > back + 1 ? size - back - 1 : size;
}

void log_fit(char *to, size_t size, const char *text)
{
    size_t length = strlen(text), kept = length < size ? length : whole_characters(text, size - 1);
    memcpy(to, text, kept);
    to[kept] = 0;
}

int log_read(const char *path, int64_t offset, size_t most, bool over, struct log_piece *piece, struct error *error)
{
    *piece = (struct log_piece){0};
    int file = open_log(path, &piece->end, error);
    if (file < 0)
        return file;
    int64_t first = first_kept(file, piece->end);
    if (offset < 0 || offset > piece->end)
        offset = 0;
    offset = offset < first ? first : offset;
    int64_t left = piece->end - offset;
    int code = read_at(file, offset, left < (int64_t)most ? (size_t)left : most, piece, error);
    close(file);
    if (code < 0)
        return code;
    char *newline = memrchr(piece->data, '\n', piece->size);
    if (newline)
        piece->size = (size_t)(newline - piece->data) + 1;
    else if (piece->size == most)
        piece->size = whole_characters(piece->data, piece->size);
    else if (!over)
        piece->size = 0;
    if (newline && over && offset + (int64_t)piece->size < piece->end && left <= (int64_t)most)
        piece->size = (size_t)left; // a last line without an end
    piece->begin = offset;
    piece->next = offset + (int64_t)piece->size;
    return 0;
}

int log_read_tail(const char *path, int lines, size_t most, struct log_piece *piece, struct error *error)
{
    *piece = (struct log_piece){0};
    int file = open_log(path, &piece->end, error);
    if (file < 0)
        return file;
    int64_t first = first_kept(file, piece->end), begin = piece->end > (int64_t)most ? piece->end - (int64_t)most : 0;
    begin = begin < first ? first : begin;
    int code = read_at(file, begin, (size_t)(piece->end - begin), piece, error);
    close(file);
    if (code < 0)
        return code;
    char *last = memrchr(piece->data, '\n', piece->size), *from = last;
    for (int i = 0; i < lines && from; i++)
        from = from == piece->data ? NULL : memrchr(piece->data, '\n', (size_t)(from - piece->data));
    size_t skipped = from ? (size_t)(from - piece->data) + 1 : 0;
    if (!from && begin > first) { // more lines than there is room for: begin with a whole one
        char *newline = memchr(piece->data, '\n', piece->size);
        skipped = newline ? (size_t)(newline - piece->data) + 1 : 0;
    }
    size_t end = last ? (size_t)(last - piece->data) + 1 : 0;
    piece->size = end > skipped ? end - skipped : 0;
    memmove(piece->data, piece->data + skipped, piece->size);
    piece->begin = begin + (int64_t)skipped;
    piece->next = piece->begin + (int64_t)piece->size;
    return 0;
}

// Bytes of the UTF-8 character at `text` (overlong forms and surrogates are none). When there is none: *valid is false,
// and so many bytes are what one U+FFFD stands for (as Unicode recommends: the beginning of a character, or one byte).
static size_t character_size(const unsigned char *text, size_t left, bool *valid)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t size;
    } rows[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (text[0] < rows[i].low || text[0] > rows[i].high)
            continue;
        size_t good = 1;
        if (rows[i].size > 1 && left > 1 && text[1] >= rows[i].second_low && text[1] <= rows[i].second_high)
            good++;
        while (good > 1 && good < rows[i].size && good < left && (text[good] & 0xc0) == 0x80)
            good++;
        *valid = good == rows[i].size;
        return good;
    }
    *valid = false;
    return 1;
}

json_t *log_json(const char *data, size_t size)
{
    json_t *text = json_stringn(data, size);
    if (text)
        return text;
    struct buffer repaired;
    buffer_init(&repaired, 3 * size + 4);
    size_t from = 0;
    for (size_t at = 0; at < size;) {
        bool valid;
        size_t step = character_size((const unsigned char *)data + at, size - at, &valid);
        if (!valid) {
            buffer_append(&repaired, data + from, at - from);
            buffer_append(&repaired, "\xef\xbf\xbd", 3);
            from = at + step;
        }
        at += step;
    }
    buffer_append(&repaired, data + from, size - from);
    text = repaired.failed ? NULL : json_stringn(repaired.data, repaired.size);
    buffer_free(&repaired);
    return text;
}

json_t *log_json_lines(const char *data, size_t size, int most)
{
    const char *at = data + size;
    for (int i = 0; i <= most && at > data; i++) { // one newline more than lines: the last line ends in one
        const char *newline = memrchr(data, '\n', (size_t)(at - data));
        if (!newline) {
            at = data;
            break;
        }
        at = i == most ? newline + 1 : newline;
    }
    json_t *lines = json_array();
    while (lines && at < data + size) {
        const char *newline = memchr(at, '\n', (size_t)(data + size - at));
        const char *end = newline ? newline : data + size;
        json_array_append_new(lines, log_json(at, (size_t)(end - at)));
        at = newline ? newline + 1 : end;
    }
    return lines;
}

void log_limit(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || (int64_t)about.st_blocks * 512 < 2 * (int64_t)LOG_KEPT)
        return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    int64_t hole = (about.st_size - LOG_KEPT) & ~(int64_t)0xffff;
    if (file >= 0 && hole > 0 && fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, hole) != 0)
        errno = 0; // the log stays as large as it is
    if (file >= 0)
        close(file);
}
