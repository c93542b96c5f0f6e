// SPDX-License-Identifier: GPL-3.0-or-later
// What a count of events proves, at 95 %.
#include "evaluate/evaluate.h"

#include <math.h>

static const double normal_quantile = 1.959963984540054; // of .975
static const double tail = .025;

// E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
struct interval wilson_interval(size_t hits, size_t trials)
{
    if (trials == 0)
        return (struct interval){0, 1};
    double n = (double)trials, p = (double)hits / n, zz = normal_quantile * normal_quantile;
    double middle = (p + zz / (2 * n)) / (1 + zz / n);
    double half = normal_quantile / (1 + zz / n) * sqrt(p * (1 - p) / n + zz / (4 * n * n));
    return (struct interval){hits == 0 ? 0 : fmax(middle - half, 0), hits == trials ? 1 : fmin(middle + half, 1)};
}

// Regularised lower incomplete gamma function P(a, x): the series below its middle, Lentz's continued fraction of
// the upper part above it (Abramowitz and Stegun 6.5.29 and 6.5.31).
static double gamma_p(double a, double x)
{
    enum { TERMS = 100000 };
    const double tiny = 1e-300, enough = 1e-14;
    if (x <= 0)
        return 0;
    double factor = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (int n = 1; n < TERMS && term > sum * enough; n++)
            sum += term *= x / (a + n);
        return sum * factor;
    }
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int n = 1; n < TERMS; n++) {
        double step = -n * (n - a);
        b += 2;
        d = step * d + b;
        c = b + step / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        if (fabs(d * c - 1) < enough)
            break;
    }
    return 1 - factor * h;
}

// x with P(a, x) = p: half a quantile of chi-square with 2a degrees of freedom.
static double gamma_quantile(double a, double p)
{
    double low = 0, high = a + 10 * sqrt(a) + 10;
    for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
        double middle = (low + high) / 2;
        if (gamma_p(a, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

// F. Garwood, Fiducial limits for the Poisson distribution, 1936.
struct interval poisson_interval(size_t events, double hours)
{
    if (!(hours > 0))
        return (struct interval){0, INFINITY};
    double low = events ? gamma_quantile((double)events, tail) : 0;
    return (struct interval){low / hours, gamma_quantile((double)events + 1, 1 - tail) / hours};
}

struct interval paired_interval(size_t first_only, size_t second_only, size_t trials)
{
    if (trials == 0)
        return (struct interval){-1, 1};
    double n = (double)trials + 2, b = (double)first_only + .5, c = (double)second_only + .5;
    double difference = (c - b) / n, half = normal_quantile * sqrt(b + c - (c - b) * (c - b) / n) / n;
    return (struct interval){fmax(difference - half, -1), fmin(difference + half, 1)};
}

struct interval rate_difference_interval(size_t first, size_t second, double hours)
{
    if (!(hours > 0))
        return (struct interval){-INFINITY, INFINITY};
    struct interval a = poisson_interval(first, hours), b = poisson_interval(second, hours);
    double x = (double)first / hours, y = (double)second / hours;
    return (struct interval){y - x - hypot(y - b.low, a.high - x), y - x + hypot(b.high - y, x - a.low)};
}

json_t *interval_json(struct interval interval)
{
    return isfinite(interval.high) ? json_pack("[f, f]", interval.low, interval.high)
                                   : json_pack("[f, n]", interval.low);
}
