// SPDX-License-Identifier: GPL-3.0-or-later
// The promises of src/fetch/fetch.h that need no network; tests/e2e/test_fetch.py has a server that misbehaves.
#include "fetch/fetch.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/wakesmith-fetch-XXXXXX";

static char *in_folder(const char *name)
{
    return path_join(folder, name);
}

static void hash_of(const char *text, char hex[65])
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, text, strlen(text));
    sha256_hex(&hash, hex);
}

struct member {
    const char *name;
    unsigned type; // 0: a regular file
    const char *content; // or the target of a link
    size_t size; // of a file; 0: its text
};

static int no_filter(struct archive *archive)
{
    return archive_write_add_filter_none(archive);
}

static void write_archive(const char *path, int format(struct archive *), int filter(struct archive *),
                          const struct member *members, size_t count)
{
    struct archive *archive = archive_write_new();
    filter(archive);
    assert_int_equal(format(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        unsigned type = members[i].type ? members[i].type : AE_IFREG;
        size_t size = type != AE_IFREG ? 0 : members[i].size ? members[i].size : strlen(members[i].content);
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, 0644);
        if (type == AE_IFLNK)
            archive_entry_set_symlink(entry, members[i].content);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_write_header(archive, entry);
        archive_write_data(archive, members[i].content, size);
        archive_entry_free(entry);
    }
    archive_write_free(archive);
}

// Members that an attacker would like us to write elsewhere.
static void make_archive(const char *path)
{
    static const struct member members[] = {{.name = "part.1", .content = "one "},
                                            {.name = "../part.2", .content = "two"},
                                            {.name = "/tmp/part.3", .content = "three"}};
    write_archive(path, archive_write_set_format_zip, no_filter, members, COUNT_OF(members));
}

static void members_are_joined_and_checked(void **state)
{
    (void)state;
    struct error error = {0};
    char hex[65], *archive = in_folder("a.zip"), *target = in_folder("joined");
    void *data;
    size_t size;
    make_archive(archive);
    hash_of("one two", hex);
    const char *archives[] = {archive, archive}, *members[] = {"part.1", "../part.2"};
    struct fetch_file file = {.path = target, .size = 7, .sha256 = hex};
    assert_int_equal(fetch_join(archives, members, 2, &file, &error), 0);
    assert_int_equal(file_read(target, 100, &data, &size, &error), 0);
    assert_string_equal(data, "one two");
    assert_true(fetch_have(&file, true));
    free(data);

    file.sha256 = "00";
    assert_false(fetch_have(&file, true));
    assert_int_equal(fetch_join(archives, members, 2, &file, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "other bytes"));
    assert_int_equal(fetch_member(archive, "part.9", &file, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "part.9"));
    assert_int_equal(file_read(target, 100, &data, &size, &error), 0); // what was right stays
    assert_string_equal(data, "one two");
    free(data);
    char *part = in_folder("joined.part");
    assert_false(file_exists(part));
    free(part);
    free(archive);
    free(target);
}

static void a_damaged_archive_is_told(void **state)
{
    (void)state;
    struct error error = {0};
    char *archive = in_folder("b.zip"), *target = in_folder("b");
    assert_int_equal(file_write(archive, "PK\3\4 nothing of the kind", 24, &error), 0);
    struct fetch_file file = {.path = target};
    assert_int_equal(fetch_member(archive, "x", &file, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "b.zip"));
    assert_false(file_exists(target));
    free(archive);
    free(target);
}

static void only_the_web_is_asked(void **state)
{
    (void)state;
    struct error error = {0};
    char *target = in_folder("c");
    const char *const addresses[] = {"file:///etc/passwd", "http://127.0.0.1:9/x"};
    struct fetch_file file = {.path = target};
    assert_int_equal(fetch_download(addresses, 1, &file, NULL, &error), ERROR_MISSING);
    assert_false(file_exists(target));
    assert_int_equal(fetch_download(addresses, 0, &file, NULL, &error), ERROR_MISSING);
    free(target);
}

// A tar with what an attacker would like, and files of zeros that are small while they are packed.
static void make_hostile(const char *path, size_t zeros)
{
    char *content = array_alloc(zeros, 1);
    const struct member members[] = {{"good/a", 0, content, zeros},       {"../up", 0, content, zeros},
                                     {"/etc/abs", 0, content, zeros},     {"a/../../up", 0, content, zeros},
                                     {"link", AE_IFLNK, "/etc/passwd", 0}, {"device", AE_IFCHR, "", 0},
                                     {"new\nline", 0, content, zeros},    {"good/b", 0, content, zeros}};
    write_archive(path, archive_write_set_format_pax_restricted, archive_write_add_filter_gzip, members, COUNT_OF(members));
    free(content);
}

static void unpacking_stays_in_its_folder(void **state)
{
    (void)state;
    struct error error = {0};
    struct fetch_unpack how = {.most_files = 10, .most_bytes = 1 << 20};
    struct fetch_unpacked done = {0};
    struct text_list files = {0};
    char *archive = in_folder("hostile.tar.gz"), *out = in_folder("deep/out");
    make_hostile(archive, 1000);
    assert_int_equal(fetch_unpack(archive, out, &how, &done, &error), 0);
    assert_int_equal(done.files, 2);
    assert_int_equal(done.refused, 6);
    assert_int_equal(done.sentences.count, 6);
    assert_int_equal(folder_list(out, NULL, &files, &error), 0);
    assert_int_equal(files.count, 2);
    assert_true(text_ends_with(files.items[0], "/deep/out/good/a"));
    text_list_free(&files);
    fetch_unpacked_free(&done);
    free(archive);
    free(out);
}

static void unpacking_has_limits(void **state)
{
    (void)state;
    struct error error = {0};
    struct fetch_unpack small = {.most_files = 10, .most_bytes = 1 << 20}, few = {.most_files = 1, .most_bytes = 1 << 30};
    struct fetch_unpacked done = {0};
    char *archive = in_folder("bomb.tar.gz"), *out = in_folder("bombed");
    make_hostile(archive, 20 << 20);
    assert_int_equal(fetch_unpack(archive, out, &small, &done, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "bomb.tar.gz unpacks to more than"));
    assert_true(folder_bytes(out) <= 2 << 20);
    fetch_unpacked_free(&done);
    assert_int_equal(fetch_unpack(archive, out, &few, &done, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "more than 1 files"));
    fetch_unpacked_free(&done);
    free(archive);
    free(out);
}

// Of an archive into an empty folder of its own.
static int unpack(const char *archive, uint64_t most_files, uint64_t most_bytes, struct fetch_unpacked *done, struct error *error)
{
    struct fetch_unpack how = {.most_files = most_files, .most_bytes = most_bytes};
    char *out = in_folder("out");
    *done = (struct fetch_unpacked){0};
    *error = (struct error){0};
    assert_int_equal(folder_remove(out, error), 0);
    int code = fetch_unpack(archive, out, &how, done, error);
    assert_int_equal(folder_count(out, NULL), done->files);
    assert_true(code == 0 || *error->message);
    free(out);
    return code;
}

static void *content_of(const char *path, size_t *size)
{
    void *data;
    struct error error;
    assert_int_equal(file_read(path, 100 << 20, &data, size, &error), 0);
    return data;
}

static void write_content(const char *path, const void *data, size_t size) // not synced, as file_write does
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// Noise, so that nothing is packed to less than a few cuts.
static void make_whole(const char *path, int format(struct archive *), int filter(struct archive *))
{
    enum { FILES = 5, SIZE = 2000 };
    static char noise[FILES][SIZE];
    static const char *const names[FILES] = {"a", "b", "c/d", "c/e", "f"};
    struct member members[FILES];
    struct rng rng = rng_make(1, 1);
    for (size_t i = 0; i < FILES; i++) {
        for (size_t k = 0; k < SIZE; k++)
            noise[i][k] = (char)rng_below(&rng, 256);
        members[i] = (struct member){names[i], 0, noise[i], SIZE};
    }
    write_archive(path, format, filter, members, FILES);
}

// As dpkg-deb makes them.
static void make_package(const char *path, const char *data)
{
    size_t size;
    char *content = content_of(data, &size);
    const struct member members[] = {{"debian-binary", 0, "2.0\n", 0}, {"control.tar.xz", 0, "", 0}, {"data.tar.xz", 0, content, size}};
    write_archive(path, archive_write_set_format_ar_svr4, no_filter, members, COUNT_OF(members));
    free(content);
}

static void B16_a_cut_archive_is_an_error(void **state)
{
    static const struct {
        const char *name;
        int (*format)(struct archive *), (*filter)(struct archive *);
    } kinds[] = {{"a.zip", archive_write_set_format_zip, no_filter},
                 {"a.7z", archive_write_set_format_7zip, no_filter},
                 {"a.tar", archive_write_set_format_pax_restricted, no_filter},
                 {"a.tar.gz", archive_write_set_format_pax_restricted, archive_write_add_filter_gzip},
                 {"a.tar.zst", archive_write_set_format_pax_restricted, archive_write_add_filter_zstd},
                 {"a.tar.xz", archive_write_set_format_pax_restricted, archive_write_add_filter_xz},
                 {"a.deb", NULL, NULL}}; // of the one before
    enum { STEP = 256 };                 // half of a tar's block: between members, too
    struct fetch_unpacked done;
    struct error error;
    char *before = NULL;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char *path = in_folder(kinds[i].name), *cut = text_print("%s/cut%s", folder, strchr(kinds[i].name, '.'));
        if (kinds[i].format)
            make_whole(path, kinds[i].format, kinds[i].filter);
        else
            make_package(path, before);
        assert_int_equal(unpack(path, 5, 10000, &done, &error), 0);
        assert_int_equal(done.files, 5);
        fetch_unpacked_free(&done);
        size_t size;
        void *whole = content_of(path, &size);
        for (size_t at = 0; at < size; at += STEP) {
            write_content(cut, whole, at);
            int code = unpack(cut, 5, 10000, &done, &error);
            if (code != ERROR_FORMAT && done.files < 5) // a tar is filled up with zeros behind its end
                fail_msg("%s cut at %zu of %zu: %d, %d files", kinds[i].name, at, size, code, (int)done.files);
            fetch_unpacked_free(&done);
        }
        free(whole);
        free(before);
        free(cut);
        before = path;
    }
    free(before);
}

static size_t find(const char *data, size_t size, const char *text)
{
    const char *at = memmem(data, size, text, strlen(text));
    assert_non_null(at);
    return (size_t)(at - data);
}

static void damaged_members_are_listed_and_the_others_come_out(void **state)
{
    (void)state;
    struct fetch_unpacked done;
    struct error error;
    size_t size;
    char *path = in_folder("damaged.zip");
    make_whole(path, archive_write_set_format_zip, no_filter);
    char *data = content_of(path, &size);
    memset(data + find(data, size, "c/d") + 100, 255, 500); // no deflated data
    data[find(data, size, "c/e") + 1500] ^= 1;              // a wrong checksum, or no deflated data either
    write_content(path, data, size);
    assert_int_equal(unpack(path, 5, 20000, &done, &error), 0);
    assert_int_equal(done.files, 3);
    assert_int_equal(done.refused, 2);
    assert_non_null(strstr(done.sentences.items[0], "damaged.zip: c/d was left out: "));
    assert_non_null(strstr(done.sentences.items[1], "c/e"));
    fetch_unpacked_free(&done);
    free(data);
    free(path);

    path = in_folder("damaged.tar");
    make_whole(path, archive_write_set_format_ustar, no_filter);
    data = content_of(path, &size);
    data[find(data, size, "c/d")] = 'x';
    write_content(path, data, size);
    assert_int_equal(unpack(path, 5, 20000, &done, &error), 0);
    assert_int_equal(done.files, 4);
    assert_int_equal(done.refused, 1);
    assert_non_null(strstr(done.sentences.items[0], "header"));
    fetch_unpacked_free(&done);
    free(data);
    free(path);
}

static void members_in_each_others_way_are_left_out(void **state)
{
    static const struct member members[] = {{.name = "a", .content = "1"},     {.name = "a/b", .content = "2"},
                                            {.name = "c/d", .content = "3"},   {.name = "c", .content = "4"},
                                            {.name = ".part", .content = "5"}, {.name = "e/./f", .content = "6"}};
    (void)state;
    struct fetch_unpacked done;
    struct error error;
    char *path = in_folder("ways.tar");
    write_archive(path, archive_write_set_format_ustar, no_filter, members, COUNT_OF(members));
    assert_int_equal(unpack(path, 10, 100, &done, &error), 0);
    assert_int_equal(done.files, 2);
    assert_int_equal(done.refused, 4);
    fetch_unpacked_free(&done);
    free(path);
}

// A gzip file may be several in a row: a million headers of tar in a few kilobytes.
static void a_million_names_are_refused_at_once(void **state)
{
    enum { NAMES = 1000, TIMES = 1000 };
    (void)state;
    struct fetch_unpack one = {.most_files = 1, .most_bytes = 100}, many = {.most_files = 1000, .most_bytes = 100};
    struct fetch_unpacked done = {0};
    struct error error = {0};
    struct member *members = array_alloc(NAMES, sizeof *members);
    char *path = in_folder("names.tar.gz"), *out = in_folder("names");
    for (size_t i = 0; i < NAMES; i++)
        members[i] = (struct member){.name = text_print("%zu", i), .content = ""};
    write_archive(path, archive_write_set_format_ustar, archive_write_add_filter_gzip, members, NAMES);
    size_t size;
    char *data = content_of(path, &size);
    FILE *file = fopen(path, "wb");
    for (size_t i = 0; i < TIMES; i++)
        fwrite(data, 1, size, file);
    fclose(file);
    double began = time_cpu_thread();
    assert_int_equal(fetch_unpack(path, out, &one, &done, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "names.tar.gz has more than 1 files"));
    assert_int_equal(fetch_unpack(path, out, &many, &done, &error), ERROR_FORMAT);
    assert_true(time_cpu_thread() - began < 1);
    fetch_unpacked_free(&done);
    for (size_t i = 0; i < NAMES; i++)
        free((char *)(uintptr_t)members[i].name);
    free(members);
    free(data);
    free(path);
    free(out);
}

// Four petabytes, of which only the claim is there.
static void a_disk_that_is_too_small_is_told_before(void **state)
{
    (void)state;
    struct fetch_unpacked done;
    struct error error;
    char *path = in_folder("large.tar");
    // A tar header by hand: libarchive writes none without its data. Size at 124 as a binary number (its first bit says
    // so), 2^52; the sum of all bytes at 148, counted as blanks.
    unsigned char header[512] = "large";
    unsigned sum = 0;
    memcpy(header + 100, "0000644", 8);
    memcpy(header + 108, "0000000", 8);
    memcpy(header + 116, "0000000", 8);
    header[124] = 0x80;
    header[124 + 11 - 6] = 0x10;
    memcpy(header + 136, "00000000000", 12);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar  ", 8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    assert_int_equal(file_write(path, header, sizeof header, &error), 0);
    assert_int_equal(unpack(path, 10, UINT64_MAX, &done, &error), ERROR_IO);
    assert_non_null(strstr(error.message, "the disk with "));
    assert_non_null(strstr(error.message, "large.tar"));
    assert_int_equal(unpack(path, 10, 1 << 30, &done, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "unpacks to more than 1.1 GB"));
    free(path);
}

static void unpacking_can_be_stopped(void **state)
{
    (void)state;
    static const volatile int stop = 1;
    struct progress progress = {.stop = &stop};
    struct fetch_unpack how = {.most_files = 10, .most_bytes = 1 << 20, .progress = &progress};
    struct fetch_unpacked done = {0};
    struct error error = {0};
    char *path = in_folder("stopped.zip"), *out = in_folder("stopped");
    make_whole(path, archive_write_set_format_zip, no_filter);
    assert_int_equal(fetch_unpack(path, out, &how, &done, &error), ERROR_CANCELLED);
    fetch_unpacked_free(&done);
    free(path);
    free(out);
}

int main(void)
{
    assert_non_null(mkdtemp(folder));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_joined_and_checked),
        cmocka_unit_test(a_damaged_archive_is_told),
        cmocka_unit_test(only_the_web_is_asked),
        cmocka_unit_test(unpacking_stays_in_its_folder),
        cmocka_unit_test(unpacking_has_limits),
        cmocka_unit_test(B16_a_cut_archive_is_an_error),
        cmocka_unit_test(damaged_members_are_listed_and_the_others_come_out),
        cmocka_unit_test(members_in_each_others_way_are_left_out),
        cmocka_unit_test(a_million_names_are_refused_at_once),
        cmocka_unit_test(a_disk_that_is_too_small_is_told_before),
        cmocka_unit_test(unpacking_can_be_stopped)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    struct error ignored;
    folder_remove(folder, &ignored);
    return failed;
}
