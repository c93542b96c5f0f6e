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

// A zip with members that an attacker would like us to write elsewhere.
static void make_archive(const char *path)
{
    static const char *const members[][2] = {{"part.1", "one "}, {"../part.2", "two"}, {"/tmp/part.3", "three"}};
    struct archive *archive = archive_write_new();
    archive_write_set_format_zip(archive);
    archive_write_open_filename(archive, path);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i][0]);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)strlen(members[i][1]));
        archive_write_header(archive, entry);
        archive_write_data(archive, members[i][1], strlen(members[i][1]));
        archive_entry_free(entry);
    }
    archive_write_free(archive);
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

// A tar with what an attacker would like, and a file of zeros that is small while it is packed.
static void make_hostile(const char *path, size_t zeros)
{
    static const struct {
        const char *name;
        unsigned type;
        const char *link;
    } members[] = {{"good/a", AE_IFREG, NULL},  {"../up", AE_IFREG, NULL},   {"/etc/abs", AE_IFREG, NULL},
                   {"a/../../up", AE_IFREG, NULL}, {"link", AE_IFLNK, "/etc/passwd"}, {"device", AE_IFCHR, NULL},
                   {"new\nline", AE_IFREG, NULL}, {"good/b", AE_IFREG, NULL}};
    struct archive *archive = archive_write_new();
    archive_write_add_filter_gzip(archive);
    archive_write_set_format_pax_restricted(archive);
    archive_write_open_filename(archive, path);
    char *content = array_alloc(zeros, 1);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct archive_entry *entry = archive_entry_new();
        size_t size = members[i].type == AE_IFREG ? zeros : 0;
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, members[i].type);
        if (members[i].link)
            archive_entry_set_symlink(entry, members[i].link);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_write_header(archive, entry);
        archive_write_data(archive, content, size);
        archive_entry_free(entry);
    }
    archive_write_free(archive);
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

int main(void)
{
    assert_non_null(mkdtemp(folder));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_joined_and_checked),
        cmocka_unit_test(a_damaged_archive_is_told),
        cmocka_unit_test(only_the_web_is_asked),
        cmocka_unit_test(unpacking_stays_in_its_folder), cmocka_unit_test(unpacking_has_limits)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    struct error ignored;
    folder_remove(folder, &ignored);
    return failed;
}
