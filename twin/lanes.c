/* Arithmetic on W doubles at once, in GCC's vector types, which clang knows too.

   The same bits on every machine and for every W: nothing but IEEE additions, multiplications, divisions and roots,
   in one order, without contraction. Errors are a few units in the last place.
*/
#include <math.h>
#include <stdint.h>

typedef double V __attribute__((vector_size(8 * W), aligned(8 * W), may_alias));
typedef int64_t VI __attribute__((vector_size(8 * W), aligned(8 * W), may_alias));
typedef uint64_t VU __attribute__((vector_size(8 * W), aligned(8 * W), may_alias));

#define SHIFT 0x1.8p52 /* adding it leaves a whole number in the low bits */
#define SHIFT_BITS 0x4338000000000000

static inline V all(double x) { return x - (V){0}; }
static inline V choose(VI mask, V a, V b) { return (V)((mask & (VI)a) | (~mask & (VI)b)); }
static inline V truth(VI mask) { return (V)(mask & (VI)all(1.0)); }
static inline V v_fabs(V x) { return (V)((VI)x & 0x7fffffffffffffff); }
static inline V v_sign_of(V size, V x) { return (V)((VI)size | ((VI)x & INT64_MIN)); }
static inline V v_fmax(V a, V b) { return choose((a >= b) | (b != b), a, b); }
static inline V v_fmin(V a, V b) { return choose((a <= b) | (b != b), a, b); }

static inline V v_sqrt(V x) {
  V r;
  for (int l = 0; l < W; l++) r[l] = __builtin_sqrt(x[l]);
  return r;
}

/* exp(r) - 1 = r + r^2 (1/2! + r/3! + ...), |r| <= ln(2)/2: the term left out is below 4e-18. */
static inline V small_expm1(V r) {
  V r2 = r * r, r4 = r2 * r2;
  V a0 = 1.0 / 2 + r * (1.0 / 6), a1 = 1.0 / 24 + r * (1.0 / 120), a2 = 1.0 / 720 + r * (1.0 / 5040);
  V a3 = 1.0 / 40320 + r * (1.0 / 362880), a4 = 1.0 / 3628800 + r * (1.0 / 39916800);
  V a5 = 1.0 / 479001600 + r * (1.0 / 6227020800);
  V q = ((a0 + a1 * r2) + (a2 + a3 * r2) * r4) + (a4 + a5 * r2) * (r4 * r4);
  return r + r2 * q;
}

/* x = k ln 2 + r. */
static inline V reduce(V x, V *k) {
  V t = x * 0x1.71547652b82fep0 + SHIFT;
  V whole = t - SHIFT;
  *k = t;
  return (x - whole * 0x1.62e42feep-1) - whole * 0x1.a39ef35793c76p-33;
}

static __attribute__((noinline)) V v_exp(V x) {
  V k;
  x = choose(x > 710.0, all(710.0), x);
  x = choose(x < -750.0, all(-750.0), x);
  V p = 1.0 + small_expm1(reduce(x, &k));
  VI e = (VI)k - SHIFT_BITS;
  /* In two factors, so that results below the normal range come out right. */
  VI half = (VI)((VU)(e + 4096) >> 1) - 2048;
  return p * (V)((half + 1023) << 52) * (V)((e - half + 1023) << 52);
}

/* For -50 <= x <= 0. */
static inline V v_expm1(V x) {
  V k, p = small_expm1(reduce(x, &k));
  V s = (V)(((VI)k - SHIFT_BITS + 1023) << 52);
  return s * p + (s - 1.0);
}

/* After FreeBSD's e_log.c (Sun Microsystems 1993): x = 2^k (1 + f), log(1 + f) by an even series in f/(2 + f). */
static inline V log_inline(V x) {
  VI tiny = x < 0x1p-1022;
  V y = choose(tiny, x * 0x1p54, x);
  VU bits = (VU)y + 0x95f6200000000;
  V k = (V)((VI)(bits >> 52) + (SHIFT_BITS - 1023)) - SHIFT - (V)((VI)all(54.0) & tiny);
  V f = (V)((bits & 0xfffffffffffff) + 0x3fe6a09e00000000) - 1.0;
  V s = f / (2.0 + f), z = s * s, w = z * z, half = 0.5 * f * f;
  V odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  V even = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 +
           w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  V r = k * 6.93147180369123816490e-01 - ((half - (s * (half + (odd + even)) + k * 1.90821492927058770002e-10)) - f);
  r = choose(x > 0x1.fffffffffffffp1023, x, r);
  r = choose(x == 0.0, all(-INFINITY), r);
  return choose((x < 0.0) | (x != x), all(NAN), r);
}

static __attribute__((noinline)) V v_log(V x) { return log_inline(x); }

static __attribute__((noinline)) V v_tanh(V x) {
  V a = v_fabs(x);
  V e = v_expm1(-2.0 * choose(a > 22.0, all(22.0), a));
  return v_sign_of(-e / (e + 2.0), x);
}

static __attribute__((noinline)) V v_asinh(V x) {
  V a = v_fabs(x);
  V square = a * a;
  V z = a + square / (1.0 + v_sqrt(1.0 + square));
  V u = 1.0 + z;
  V near = log_inline(u) - ((u - 1.0) - z) / u;
  VI far = a > 1e150;
  V r = near;
  for (int l = 0; l < W; l++)
    if (far[l]) r[l] = asinh(a[l]);
  return v_sign_of(r, x);
}

static __attribute__((noinline)) V v_pow(V x, V y) {
  V r = v_exp(y * log_inline(x));
  /* Powers of nothing and of negative numbers have rules of their own. */
  for (int l = 0; l < W; l++)
    if (!(x[l] > 0.0)) r[l] = pow(x[l], y[l]);
  return r;
}

#define ONE_BY_ONE(name) \
  static __attribute__((unused, noinline)) V v_##name(V x) { \
    for (int l = 0; l < W; l++) x[l] = name(x[l]); \
    return x; \
  }
ONE_BY_ONE(sin)
ONE_BY_ONE(cos)
ONE_BY_ONE(tan)
ONE_BY_ONE(asin)
ONE_BY_ONE(acos)
ONE_BY_ONE(atan)
ONE_BY_ONE(sinh)
ONE_BY_ONE(cosh)
ONE_BY_ONE(acosh)
ONE_BY_ONE(atanh)
ONE_BY_ONE(floor)
ONE_BY_ONE(ceil)
ONE_BY_ONE(erf)
ONE_BY_ONE(log1p)

