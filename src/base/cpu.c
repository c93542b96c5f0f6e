// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[CPU_LEVELS] = {"plain", "avx2", "avx512"};

static enum cpu_level machine_level(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512vnni");
    return avx512 ? CPU_AVX512 : avx2 ? CPU_AVX2 : CPU_PLAIN;
#else
    return CPU_PLAIN;
#endif
}

enum cpu_level cpu_level(void)
{
    enum cpu_level best = machine_level();
    const char *wish = getenv("WAKESMITH_CPU");
    for (int level = 0; wish && level < (int)best; level++)
        if (strcmp(wish, level_names[level]) == 0)
            return (enum cpu_level)level;
    return best;
}

const char *cpu_level_name(enum cpu_level level)
{
    return level_names[level];
}

void cpu_name(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(name, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            colon += 1 + strspn(colon + 1, " ");
            snprintf(name, size, "%.*s", (int)strcspn(colon, "\n"), colon);
            break;
        }
    }
    if (file)
        fclose(file);
}

uint64_t memory_total(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}
