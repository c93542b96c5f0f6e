// SPDX-License-Identifier: GPL-3.0-or-later
// speech_generate: takes are spoken in shards by child processes and gathered in the shards' order, until
// enough of them are good. The order of work decides nothing, so any number of processes gives the same file.
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PROCESSES_MAXIMUM = 64, JUDGED_TAKES = 24, TEXTS_CHECKED = 16 };
#define LATIN_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct generator {
    const struct speech_request *request;
    struct voice *voices;
    int *rows; // of the voices' engines
    size_t voice_count;
    size_t shard_takes;
    uint32_t *texts; // which of the request's can be said by one of the voices
    size_t text_count;
    struct corpus_writer writer;
    struct journal journal; // the answers of the shards so far, in their order
    uint64_t *hashes; // of the clips' samples: an open-addressed table, 0 is empty
    size_t hash_slots;
    unsigned char *voice_used, *group_used;
    size_t tried[ENGINES_MAXIMUM], good[ENGINES_MAXIMUM];
    struct speech_report report;
    struct progress *progress;
};

// ---- one take -------------------------------------------------------------------------------------------

// True when a clip of the same bytes is there already; otherwise it is there from now on.
static bool is_duplicate(struct generator *g, uint64_t hash)
{
    size_t at = hash % g->hash_slots;
    for (; g->hashes[at]; at = (at + 1) % g->hash_slots)
        if (g->hashes[at] == hash)
            return true;
    g->hashes[at] = hash;
    return false;
}

static void count_use(unsigned char *used, size_t *count, size_t index)
{
    *count += !used[index];
    used[index] = 1;
}

static int gather_take(struct generator *g, const struct take *take, const int16_t *samples, struct error *error)
{
    const struct voice *voice = &g->voices[take->voice];
    int engine = g->rows[take->voice];
    if (g->writer.clip_count == g->request->clips)
        return 0;
    g->report.tried++;
    g->tried[engine]++;
    if (take->fault == TAKE_FAILED)
        g->report.failed++;
    else
        g->report.rejected[take->fault] += take->fault != AUDIO_GOOD;
    if (take->fault != AUDIO_GOOD)
        return 0;
    g->good[engine]++;
    uint64_t hash = clip_hash(samples, take->count);
    if (is_duplicate(g, hash)) {
        g->report.duplicates++;
        return 0;
    }
    count_use(g->voice_used, &g->report.voices, take->voice);
    count_use(g->group_used, &g->report.groups, (size_t)voice->group);
    struct spoken clip = {.count = take->count, .text = take->text, .group = voice->group,
                          .engine = (int16_t)engine, .voice = (uint16_t)take->voice};
    return corpus_add(&g->writer, clip, samples, hash, error);
}

// ---- a round of shards ----------------------------------------------------------------------------------

// The child is ours, but it may have crashed halfway: believe nothing it says.
static int gather_shard(struct generator *g, const struct shard *shard, const struct buffer *answer,
                        struct error *error)
{
    size_t at = 0, takes = 0;
    while (takes < shard->takes && answer->size - at >= sizeof(struct take)) {
        struct take take;
        memcpy(&take, answer->data + at, sizeof take);
        at += sizeof take;
        size_t size = take.count * sizeof(int16_t);
        if (take.voice >= g->voice_count || take.text >= g->request->text_count || take.fault > TAKE_FAILED ||
            size > answer->size - at)
            break;
        int16_t *samples = malloc(size + 1); // aligned, unlike the answer
        if (!samples)
            return error_memory(error, "a spoken clip");
        memcpy(samples, answer->data + at, size);
        int code = gather_take(g, &take, samples, error);
        free(samples);
        TRY(code);
        at += size;
        takes++;
    }
    if (takes < shard->takes || answer->size - at >= sizeof g->report.notice)
        return error_set(error, ERROR_STATE, "a speech process answered nonsense");
    if (answer->size > at && !*g->report.notice) {
        memcpy(g->report.notice, answer->data + at, answer->size - at);
        progress_notice(g->progress, g->report.notice);
    }
    return 0;
}

struct round {
    struct shard *shards;
    struct child *children; // one a shard
    unsigned char *retried;
    size_t count, started, gathered;
};

static void round_close(struct round *round)
{
    for (size_t i = 0; round->children && i < round->count; i++)
        child_stop(&round->children[i]);
    free(round->shards);
    free(round->children);
    free(round->retried);
}

static int round_open(struct round *round, const struct generator *g, uint64_t first_shard, size_t takes,
                      struct error *error)
{
    size_t each = g->shard_takes, count = (takes + each - 1) / each;
    *round = (struct round){.shards = array_alloc(count, sizeof *round->shards),
                            .children = array_alloc(count, sizeof *round->children),
                            .retried = array_alloc(count, 1),
                            .count = count};
    if (!round->shards || !round->children || !round->retried)
        return error_memory(error, "the list of speech processes");
    for (size_t i = 0; i < count; i++)
        round->shards[i] =
            (struct shard){.request = g->request,
                           .voices = g->voices,
                           .rows = g->rows,
                           .voice_count = g->voice_count,
                           .texts = g->texts,
                           .text_count = g->text_count,
                           .number = first_shard + i,
                           .first = (first_shard + i) * each,
                           .takes = takes - i * each < each ? takes - i * each : each};
    return 0;
}

// Shards that an earlier process has gathered.
static int gather_spoken(struct round *round, struct generator *g, struct error *error)
{
    int got = 1;
    while (g->journal.path && round->gathered < round->count && got == 1) {
        struct buffer answer;
        buffer_init(&answer, SIZE_MAX);
        got = journal_read(&g->journal, &answer, error);
        if (got == 1 && gather_shard(g, &round->shards[round->gathered++], &answer, error) < 0)
            got = error->code;
        buffer_free(&answer);
    }
    return got < 0 ? got : 0;
}

// A shard whose child failed gets a second child; after that the run is over.
static int retry(struct round *round, size_t shard, struct error *error)
{
    struct child *child = &round->children[shard];
    if (round->retried[shard])
        return error_set(
            error, ERROR_STATE,
            "speech synthesis %s twice at the same texts (shard %llu); the phrase \"%.60s\" may be at fault",
            child->reason, (unsigned long long)round->shards[shard].number,
            round->shards[shard].request->texts[shard_text(&round->shards[shard], 0)]);
    child_stop(child);
    round->retried[shard] = 1;
    round->shards[shard].no_cuda = "a speech process did not survive it";
    return child_start(child, speak_shard, &round->shards[shard], error);
}

static int round_step(struct round *round, struct generator *g, size_t processes, struct error *error)
{
    struct child *window[PROCESSES_MAXIMUM];
    size_t running = 0;
    // The window of shards in work begins at the first that is not gathered, so few answers wait in memory.
    for (size_t i = round->gathered; i < round->count && i < round->gathered + 2 * processes && running < processes;
         i++) {
        struct child *child = &round->children[i];
        if (child->state == CHILD_FAILED)
            TRY(retry(round, i, error));
        if (child->state == CHILD_IDLE) {
            if (*g->report.notice) // it failed once, which is enough
                round->shards[i].no_cuda = g->report.notice;
            TRY(child_start(child, speak_shard, &round->shards[i], error));
        }
        if (child->state == CHILD_RUNNING)
            window[running++] = child;
    }
    children_wait(window, running, .2);
    for (; round->gathered < round->count && round->children[round->gathered].state == CHILD_DONE; round->gathered++) {
        struct buffer *answer = &round->children[round->gathered].answer;
        TRY(gather_shard(g, &round->shards[round->gathered], answer, error));
        if (g->journal.path)
            TRY(journal_append(&g->journal, answer->data, answer->size, error));
        buffer_free(answer);
    }
    return 0;
}

static int run_round(struct generator *g, uint64_t first_shard, size_t takes, struct progress *progress,
                     struct error *error)
{
    struct round round;
    int threads = g->request->threads > 0 ? g->request->threads : cpu_count();
    size_t processes = threads < PROCESSES_MAXIMUM ? (size_t)threads : PROCESSES_MAXIMUM;
    int code = round_open(&round, g, first_shard, takes, error);
    if (code == 0)
        code = gather_spoken(&round, g, error);
    while (code == 0 && round.gathered < round.count) {
        code = progress_stopped(progress) ? progress_cancelled(error) : round_step(&round, g, processes, error);
        progress_step(progress, (double)g->writer.clip_count, (double)g->request->clips, "%zu clips spoken",
                      g->writer.clip_count);
    }
    round_close(&round);
    return code;
}

// ---- the whole ------------------------------------------------------------------------------------------

static const char *main_fault(const struct speech_report *report)
{
    size_t worst = 0;
    for (size_t i = 1; i < AUDIO_FAULTS; i++)
        if (report->rejected[i] > report->rejected[worst])
            worst = i;
    return report->failed > report->rejected[worst] ? "no sound"
           : worst                                  ? audio_fault_names[worst]
                                                    : "the same sound again";
}

// An engine that never succeeds is a broken one: better to say so than to train without its voices.
static int check_engines(const struct generator *g, struct error *error)
{
    for (size_t i = 0; i < speech_engine_count; i++)
        if (g->tried[i] >= JUDGED_TAKES && g->good[i] == 0)
            return error_set(error, ERROR_STATE, "%s spoke %zu clips of \"%.60s\" and none was good (mostly: %s)",
                             speech_engines[i].name, g->tried[i], g->request->texts[0], main_fault(&g->report));
    return 0;
}

static int speak_until_enough(struct generator *g, struct progress *progress, struct error *error)
{
    size_t wanted = g->request->clips, takes = wanted, spoken = 0, most = 4 * wanted + 500;
    uint64_t shard = 0;
    while (g->writer.clip_count < wanted) {
        TRY(run_round(g, shard, takes, progress, error));
        TRY(check_engines(g, error));
        shard += (takes + g->shard_takes - 1) / g->shard_takes;
        spoken += takes;
        size_t missing = wanted - g->writer.clip_count;
        takes = missing + missing / 4 + 8;
        if (missing && spoken + takes > most)
            return error_set(error, ERROR_STATE,
                             "only %zu of %zu clips of \"%.60s\" are good after %zu attempts (mostly: %s)",
                             g->writer.clip_count, wanted, g->request->texts[0], spoken, main_fault(&g->report));
    }
    return 0;
}

// Finds the voices' engines and the number of groups. Neural voices take their time: their shards are smaller, so that
// a few clips already keep all cores busy.
static int check_voices(struct generator *g, size_t *groups, struct error *error)
{
    double shares = 0;
    g->shard_takes = SHARD_TAKES;
    g->rows = array_alloc(g->voice_count, sizeof *g->rows);
    if (!g->rows)
        return error_memory(error, "the list of voices");
    for (size_t i = 0; i < g->voice_count; i++) {
        const struct voice *voice = &g->voices[i];
        g->rows[i] = speech_engine_row(voice->engine);
        if (g->rows[i] < 0 || voice->group < 0 || voice->share < 0)
            return error_set(error, ERROR_MISSING, "there is no voice %s of %s", voice->name, voice->engine);
        *groups = (size_t)voice->group >= *groups ? (size_t)voice->group + 1 : *groups;
        shares += voice->share;
        if (voice->neural && voice->share > 0)
            g->shard_takes = SHARD_TAKES_NEURAL;
    }
    return shares > 0 ? 0 : error_set(error, ERROR_USAGE, "no voice has a share of the clips");
}

// Some engines do not read [[phonemes]] or [/IPA/]: what none of the voices can say is left to other corpora.
static int check_texts(struct generator *g, struct error *error)
{
    const struct speech_request *request = g->request;
    g->texts = array_alloc(request->text_count, sizeof *g->texts);
    if (!g->texts)
        return error_memory(error, "the texts");
    for (size_t i = 0; i < request->text_count; i++)
        for (size_t k = 0; k < g->voice_count; k++) {
            const struct engine *engine = &speech_engines[g->rows[k]];
            if (g->voices[k].share <= 0 || (engine->reads && !engine->reads(request->texts[i])))
                continue;
            g->texts[g->text_count++] = (uint32_t)i;
            break;
        }
    return g->text_count ? 0
                         : error_set(error, ERROR_USAGE,
                                     "%s cannot say \"%.60s\": choose another voice, or none", g->voices[0].engine,
                                     request->texts[0]);
}

// espeak-ng spells out signs that it does not know in English ("Chinese letter ..."), its English voice any script but
// Latin ("letter 1 4 ..."): no wake word.
static bool is_spelt_out(const char *text, const char *phonemes, const struct language *language)
{
    bool foreign = strcmp(language->code, "en") == 0 || strstr(phonemes, "(en)");
    return foreign && strcspn(text, LATIN_LETTERS "0123456789") == strlen(text);
}

int texts_check(const char *const *list, size_t count, const struct language *language, struct error *error)
{
    struct text_list texts = {0}, lines = {0};
    int code = 0;
    for (size_t i = 0; i < count && i < TEXTS_CHECKED && code == 0; i++)
        code = is_ipa(list[i]) ? 0 : text_list_add(&texts, list[i], error);
    if (code == 0 && texts.count)
        code = phoneme_lines(&texts, language, &lines, error);
    for (size_t i = 0; i < lines.count && code == 0; i++)
        if (is_spelt_out(texts.items[i], lines.items[i], language))
            code = error_set(
                error, ERROR_USAGE,
                "espeak-ng cannot read \"%.60s\" in %s: write it in letters that it knows (Japanese in kana), or as "
                "its phonemes between brackets, like [[t'o:kjo:]]",
                texts.items[i], language->name);
    text_list_free(&texts);
    text_list_free(&lines);
    return code;
}

static int generator_open(struct generator *g, const char *path, struct error *error)
{
    const struct speech_request *request = g->request;
    if (!request->text_count || !request->clips)
        return error_set(error, ERROR_USAGE, "nothing to say: %zu texts, %zu clips", request->text_count,
                         request->clips);
    if (!request->language)
        return error_set(error, ERROR_USAGE, "no language to speak \"%.60s\" in: name one with --lang",
                         request->texts[0]);
    if (request->voice_count > UINT16_MAX)
        return error_set(error, ERROR_USAGE, "%zu voices are too many: at most %d can speak", request->voice_count,
                         UINT16_MAX);
    if (!request->voices)
        TRY(speech_voices(request->language, &g->voices, &g->voice_count, error));
    else {
        g->voice_count = request->voice_count;
        g->voices = array_alloc(g->voice_count, sizeof *g->voices);
        if (!g->voices)
            return error_memory(error, "the list of voices");
        memcpy(g->voices, request->voices, g->voice_count * sizeof *g->voices);
    }
    TRY(texts_check(request->texts, request->text_count, request->language, error));
    size_t groups = 0;
    TRY(check_voices(g, &groups, error));
    TRY(check_texts(g, error));
    g->hash_slots = 2 * request->clips + 1;
    g->hashes = array_alloc(g->hash_slots, sizeof *g->hashes);
    g->voice_used = array_alloc(g->voice_count, 1);
    g->group_used = array_alloc(groups, 1);
    if (!g->hashes || !g->voice_used || !g->group_used)
        return error_memory(error, "the speech stage");
    if (request->journal)
        TRY(journal_open(&g->journal, request->journal, request->key, error));
    return corpus_create(&g->writer, path, request->clips, error);
}

static void generator_close(struct generator *g)
{
    corpus_abort(&g->writer);
    journal_close(&g->journal);
    free(g->voices);
    free(g->hashes);
    free(g->voice_used);
    free(g->group_used);
    free(g->rows);
    free(g->texts);
}

int speech_generate(const struct speech_request *request, const char *path, struct progress *progress,
                    struct speech_report *report, struct error *error)
{
    struct generator g = {.request = request, .progress = progress};
    double began = time_now();
    int code = generator_open(&g, path, error);
    if (code == 0)
        code = speak_until_enough(&g, progress, error);
    if (code == 0)
        code = corpus_commit(&g.writer, error);
    g.report.seconds = time_now() - began;
    if (report)
        *report = g.report;
    generator_close(&g);
    return code;
}
