#include "numeric/sweep.h"

#if defined(__x86_64__)
static bool
has_f16c(void)
{
#if defined(__clang__)
    /* clang 14 does not know the name, and asking the CPUID instruction takes
     * microseconds in a virtual machine. It is older than AVX2: all processors
     * that have that one have it, and hypervisors cannot take it away alone. */
    return true;
#else
    return __builtin_cpu_supports("f16c") != 0;
#endif
}
#endif

static bool
has_fast(void)
{
#if defined(__x86_64__)
    /* Says that the system saves the registers, too. */
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0 &&
           __builtin_cpu_supports("fma") != 0 && has_f16c();
#elif defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

const struct numeric_kernels *const *
numeric_kernels_all(size_t *n)
{
    static const struct numeric_kernels *const all[] = {
        &numeric_portable,
#if defined(__x86_64__)
        &numeric_avx2,
#elif defined(__aarch64__)
        &numeric_neon,
#endif
    };

    *n = has_fast() ? sizeof all / sizeof all[0] : 1;
    return all;
}

const struct numeric_kernels *
numeric_kernels_portable(void)
{
    return &numeric_portable;
}

const struct numeric_kernels *
numeric_kernels_best(void)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    return all[n - 1];
}
