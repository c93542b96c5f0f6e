// SPDX-License-Identifier: GPL-3.0-or-later
// The framework's program (model_train_eval ... mixednet ...), with its flags in their own spelling.
#include "cli/cli_internal.h"
#include "fit/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --training_config is --training-config: the part before "=" gets dashes. A copy of the list; its texts are freed with
// it.
static void free_arguments(char **arguments, int count)
{
    for (int i = 0; arguments && i < count; i++)
        free(arguments[i]);
    free(arguments);
}

static char **with_dashes(int argc, char **argv)
{
    char **arguments = array_alloc((size_t)argc + 1, sizeof *arguments);
    for (int i = 0; arguments && i < argc; i++) {
        arguments[i] = strdup(argv[i]);
        if (!arguments[i]) {
            free_arguments(arguments, argc);
            return NULL;
        }
        for (char *at = arguments[i]; strncmp(argv[i], "--", 2) == 0 && *at && *at != '='; at++)
            *at = *at == '_' ? '-' : *at;
    }
    return arguments;
}

// ---- the network ----

struct network_flags { // defaults are the framework's
    const char *filters, *kernels, *repeat, *residual;
    int64_t stride, first_filters, first_kernel, max_pool, attention, pooled;
};

// A list of one number a block, each of which must be `wanted`.
static int check_list(const char *name, const char *list, long wanted, int blocks, struct error *error)
{
    const char *at = list ? list : "";
    int count = list ? 0 : blocks;
    while (list) {
        char *end;
        if (strtol(at, &end, 10) != wanted || end == at)
            return error_set(error, ERROR_USAGE, "--%s %s: only %ld is possible in Wakesmith's networks", name, list,
                             wanted);
        count++;
        at = end + strspn(end, " ");
        if (*at != ',')
            break;
        at++;
    }
    return *at || count != blocks ? error_set(error, ERROR_USAGE, "--%s %s must be %d numbers, one a block", name,
                                              list ? list : "", blocks)
                                  : 0;
}

static int find_network(const struct network_flags *flags, struct nn_config *config, struct error *error)
{
    const struct {
        const char *name;
        int64_t value;
    } off[] = {{"max_pool", flags->max_pool}, {"spatial_attention", flags->attention}, {"pooled", flags->pooled}};
    TRY(nn_preset("official", config, error));
    if (nn_parse_shape(config, flags->filters, flags->kernels, error) < 0)
        return error_prefix(error, "--pointwise_filters and --mixconv_kernel_sizes");
    config->stride = (int)flags->stride;
    config->first_filters = (int)flags->first_filters;
    config->first_kernel = (int)flags->first_kernel;
    TRY(check_list("repeat_in_block", flags->repeat, 1, config->blocks, error));
    TRY(check_list("residual_connection", flags->residual, 0, config->blocks, error));
    for (size_t i = 0; i < COUNT_OF(off); i++)
        if (off[i].value)
            return error_set(error, ERROR_USAGE, "--%s is not supported: Wakesmith's networks do without it",
                             off[i].name);
    return 0;
}

// ---- what is told ----

// Values that were not measured are null.
static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *metrics_json(const double *metrics)
{
    json_t *object = json_object();
    for (int m = 0; m < METRIC_COUNT; m++)
        json_object_set_new(object, metric_names[m], number_json(metrics[m]));
    return object;
}

static void validation_event(struct events *events, const struct train_validation *validation)
{
    const struct validation_best *best = &validation->best;
    events_put(events, json_pack("{s:s, s:I, s:b, s:o, s:{s:o, s:o, s:o}}", "event", "validation", "step",
                                 (json_int_t)validation->step, "better", validation->better, "metrics",
                                 metrics_json(validation->metrics), "best", "minimum", number_json(best->minimum),
                                 "maximum", number_json(best->maximum), "cutoff", number_json(best->cutoff)));
}

// The framework's own two lines.
static void tell_validation(void *context, const struct train_validation *validation)
{
    const double *m = validation->metrics;
    struct watch *watch = context;
    if (watch->lines.stream) {
        validation_event(&watch->lines, validation);
        return;
    }
    if (watch->terminal.live)
        fputc('\n', stderr);
    printf(
        "Step %llu (nonstreaming): Validation: recall at no faph = %.3f with cutoff %.2f, accuracy = %.2f%%, recall = "
        "%.2f%%, precision = %.2f%%, ambient false positives = %.0f, estimated false positives per hour = %.5f, loss = "
        "%.5f, auc = %.5f, average viable recall = %.9f\n",
        (unsigned long long)validation->step, m[METRIC_RECALL_AT_NO_FAPH], m[METRIC_CUTOFF_FOR_NO_FAPH],
        100 * m[METRIC_ACCURACY], 100 * m[METRIC_RECALL], 100 * m[METRIC_PRECISION], m[METRIC_AMBIENT_FALSE_POSITIVES],
        m[METRIC_AMBIENT_FALSE_POSITIVES_PER_HOUR], m[METRIC_LOSS], m[METRIC_AUC], m[METRIC_AVERAGE_VIABLE_RECALL]);
    printf("So far the best minimization quantity is %.3f with best maximization quantity of %.5f%%; no faph cutoff is "
           "%.2f\n",
           validation->best.minimum, 100 * validation->best.maximum, validation->best.cutoff);
    fflush(stdout);
}

static void tell_roc(const struct roc *roc)
{
    if (!roc->clips || !(roc->hours > 0)) {
        puts("Nothing in testing/ and testing_ambient/: the quantised model was not measured.");
        return;
    }
    printf("AUC %.5f\n", roc->area);
    for (int i = 0; i < ROC_CUTOFFS; i++)
        printf("Cutoff %.2f: frr=%.4f; faph=%.3f\n", i / 100.0, roc->rejects[i], roc->per_hour[i]);
}

static json_t *roc_json(const struct roc *roc)
{
    json_t *points = json_array();
    for (int i = 0; i < ROC_CUTOFFS; i++)
        json_array_append_new(points, json_pack("{s:f, s:f, s:f}", "cutoff", i / 100.0, "false_rejects", roc->rejects[i],
                                                "per_hour", roc->per_hour[i]));
    return json_pack("{s:f, s:I, s:f, s:o}", "hours", roc->hours, "clips", (json_int_t)roc->clips, "auc", roc->area,
                     "points", points);
}

static int print_result_json(const struct fit_options *options, const struct fit_result *result, struct error *error)
{
    bool measured = options->test && result->roc.clips && result->roc.hours > 0;
    return print_json(json_pack("{s:o, s:f, s:f, s:o, s:o}", "model", json_name(result->model), "seconds",
                                result->seconds, "validation_seconds", result->validation_seconds, "metrics",
                                metrics_json(result->last.metrics), "roc",
                                measured ? roc_json(&result->roc) : json_null()),
                      error);
}

static int print_result(const struct fit_options *options, const struct fit_result *result, struct error *error)
{
    printf("Average viable recall %.5f, recall %.2f%%; validated in %.2f s\n",
           result->last.metrics[METRIC_AVERAGE_VIABLE_RECALL], 100 * result->last.metrics[METRIC_RECALL],
           result->validation_seconds);
    if (options->test)
        tell_roc(&result->roc);
    printf("Model:    %s\n", result->model);
    return print_done(error);
}

static int run(const struct fit_options *given, bool json, bool debug, struct error *error)
{
    struct fit_options options = *given;
    struct fit_result result;
    struct watch watch;
    watch_open(&watch, "fit", json);
    if (debug)
        watch_decisions(&watch);
    options.validated = tell_validation;
    options.context = &watch;
    int code = fit(&options, &watch.progress, &result, error);
    if (code == 0) {
        code = (json ? print_result_json : print_result)(&options, &result, error);
        fit_result_close(&result);
    }
    return watch_close(&watch, code);
}

static int choose(const char *name, const char *text, const char *const words[2], int *choice, struct error *error)
{
    for (*choice = 0; *choice < 2; ++*choice)
        if (strcmp(text, words[*choice]) == 0)
            return 0;
    return error_set(error, ERROR_USAGE, "--%s must be %s or %s, not \"%s\"", name, words[0], words[1], text);
}

int command_fit(int argc, char **argv, struct error *error)
{
    struct fit_options options = {.seed = 1};
    struct network_flags flags = {
        .filters = "48,48,48,48", .kernels = "[5],[9],[13],[21]", .stride = 1, .first_filters = 32, .first_kernel = 3};
    const char *use = "best_weights", *classes = "intended", *verbosity = NULL;
    bool json = false, debug = false, done = false;
    int64_t train = 1, restore = 0, test = 0, others[4] = {0};
    static const char *const uses[] = {"best_weights", "last_weights"}, *const rules[] = {"intended", "effective"};
    const struct option_row rows[] = {
        {"training-config", 0, OPTION_TEXT, &options.parameters, 0, 0, "FILE", "training_parameters.yaml"},
        {"train", 0, OPTION_INTEGER, &train, 0, 1, "0|1", "1 (default): train; 0: convert what was trained before"},
        {"restore-checkpoint", 0, OPTION_INTEGER, &restore, 0, 1, "0|1", "1: go on from the last checkpoint (0)"},
        {"use-weights", 0, OPTION_TEXT, &use, 0, 0, "NAME", "best_weights (default) or last_weights"},
        {"test-tflite-streaming-quantized", 0, OPTION_INTEGER, &test, 0, 1, "0|1",
         "1: measure the model on testing/ and testing_ambient/ (0)"},
        {"test-tf-nonstreaming", 0, OPTION_INTEGER, &others[0], 0, 0, "0", "only 0: there is one model here"},
        {"test-tflite-nonstreaming", 0, OPTION_INTEGER, &others[1], 0, 0, "0", "likewise"},
        {"test-tflite-nonstreaming-quantized", 0, OPTION_INTEGER, &others[2], 0, 0, "0", "likewise"},
        {"test-tflite-streaming", 0, OPTION_INTEGER, &others[3], 0, 0, "0", "likewise"},
        {"pointwise-filters", 0, OPTION_TEXT, &flags.filters, 0, 0, "LIST", "filters of the blocks (48,48,48,48)"},
        {"mixconv-kernel-sizes", 0, OPTION_TEXT, &flags.kernels, 0, 0, "LIST", "kernels ([5],[9],[13],[21])"},
        {"repeat-in-block", 0, OPTION_TEXT, &flags.repeat, 0, 0, "LIST", "only ones"},
        {"residual-connection", 0, OPTION_TEXT, &flags.residual, 0, 0, "LIST", "only zeros"},
        {"first-conv-filters", 0, OPTION_INTEGER, &flags.first_filters, 1, 512, "N",
         "filters of the first convolution (32)"},
        {"first-conv-kernel-size", 0, OPTION_INTEGER, &flags.first_kernel, 1, 64, "N", "its rows (3)"},
        {"stride", 0, OPTION_INTEGER, &flags.stride, 1, 10, "N", "rows of 10 ms a step (1)"},
        {"max-pool", 0, OPTION_INTEGER, &flags.max_pool, 0, 1, "0", "only 0"},
        {"spatial-attention", 0, OPTION_INTEGER, &flags.attention, 0, 1, "0", "only 0"},
        {"pooled", 0, OPTION_INTEGER, &flags.pooled, 0, 1, "0", "only 0"},
        {"class-weights", 0, OPTION_TEXT, &classes, 0, 0, "RULE",
         "intended (default): as the file says, each multiplies its class; effective: as the framework computes today, "
         "where they change nothing (docs/accuracy.md)"},
        {"seed", 0, OPTION_INTEGER, &options.seed, 0, 1e15, "N", "seed of all draws (1): same seed, same bytes"},
        {"threads", 0, OPTION_INTEGER, &options.threads, 1, 256, "N", "threads (default: all processors)"},
        {"scores", 0, OPTION_TEXT, &options.scores, 0, 0, "FILE",
         "write the final network's scores and figures to FILE"},
        {"debug", 0, OPTION_FLAG, &debug, 0, 0, NULL,
         "say what is decided and why: sets and their draws, phases, the choice of weights"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, JSON_HELP},
        {"verbosity", 0, OPTION_TEXT, &verbosity, 0, 0, "N", "accepted, changes nothing"},
    };
    struct positionals words;
    char **arguments = with_dashes(argc, argv);
    int rule = 0, weights = 0;
    int code = arguments ? command_parse("fit", rows, COUNT_OF(rows), argc, arguments, 0, 1, &words, &done, error)
                         : error_memory(error, "the arguments");
    if (code == 0 && !done && words.count && strcmp(words.items[0], "mixednet") != 0)
        code = error_set(error, ERROR_USAGE, "the network \"%s\" is not known; there is mixednet", words.items[0]);
    if (code == 0 && !done && !options.parameters)
        code = error_set(error, ERROR_USAGE,
                         "which parameters? for example: wakesmith fit "
                         "--training-config=training_parameters.yaml mixednet --stride=2");
    if (code == 0 && !done)
        code = choose("use_weights", use, uses, &weights, error);
    if (code == 0 && !done)
        code = choose("class-weights", classes, rules, &rule, error);
    if (code == 0 && !done)
        code = find_network(&flags, &options.config, error);
    options.train = train;
    options.restore = restore;
    options.use_last = weights;
    options.test = test;
    options.class_weights = rule ? CLASS_WEIGHTS_EFFECTIVE : CLASS_WEIGHTS_INTENDED;
    if (code == 0 && !done)
        code = run(&options, json, debug, error);
    free_arguments(arguments, argc);
    return code;
}
